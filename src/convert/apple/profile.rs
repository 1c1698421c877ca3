//! Reads a configuration profile: an XML or binary property list, which may be wrapped in a signature.

use std::io::Cursor;

use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::OctetString;
use der::{Decode as _, EncodingRules, Reader as _, SliceReader};
use plist::{Dictionary, Value};

use crate::error::ReadError;
use crate::text::{LARGEST, LARGEST_MIB};

/// Values inside each other; real profiles have less than 20.
const DEEPEST: usize = 100;

/// The key of a profile's payloads, and of what a payload carries.
pub(super) const PAYLOADS: &str = "PayloadContent";

/// A configuration profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// Its identifier.
    pub identifier: String,
    /// Its description.
    pub description: String,
    /// Whether it is for the device, and not for a person.
    pub for_device: bool,
    /// Whether it is for iPhones and iPads; the file of a profile does not say it.
    pub mobile: bool,
    /// Its payloads.
    pub payloads: Vec<Payload>,
    /// The property list, without a signature.
    pub plain: Vec<u8>,
    /// Whether it was signed.
    pub signed: bool,
}

/// A payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// Its type, such as `com.apple.security.firewall`.
    pub of_type: String,
    /// Its own keys, without those that every payload has.
    pub keys: Dictionary,
}

/// Reads a profile.
pub fn read(bytes: &[u8]) -> Result<Profile, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::TooLarge { limit: LARGEST_MIB });
    }
    // A sequence begins with 0x30, a property list never does.
    let signed = bytes.first() == Some(&0x30);
    let plain = if signed { unwrapped(bytes)? } else { bytes.to_vec() };
    let value = parse(&plain)?;
    if depth(&value, 0) > DEEPEST {
        return fail(format!("more than {DEEPEST} values inside each other"));
    }
    let Value::Dictionary(root) = value else { return fail(String::from("the property list is not a dictionary")) };
    let text = |key: &str| root.get(key).and_then(Value::as_string).unwrap_or_default().to_owned();
    let Some(content) = root.get(PAYLOADS).and_then(Value::as_array) else {
        return fail(String::from("the property list has no PayloadContent"));
    };
    let mut payloads = Vec::new();
    for payload in content {
        let Some(own) = payload.as_dictionary() else { return fail(String::from("a payload is not a dictionary")) };
        let of_type = own.get("PayloadType").and_then(Value::as_string).unwrap_or_default().to_owned();
        let is_common = |key: &str| key.starts_with("Payload") && key != PAYLOADS && !key.contains("Certificate");
        let keys = own.iter().filter(|(key, _)| !is_common(key)).map(|(key, value)| (key.clone(), value.clone()));
        payloads.push(Payload { of_type, keys: keys.collect() });
    }
    Ok(Profile {
        name: text("PayloadDisplayName"),
        identifier: text("PayloadIdentifier"),
        description: text("PayloadDescription"),
        for_device: root.get("PayloadScope").and_then(Value::as_string) != Some("User"),
        mobile: false,
        payloads,
        plain,
        signed,
    })
}

fn fail<T>(problem: String) -> Result<T, ReadError> {
    Err(ReadError::Profile { problem })
}

/// How a piece of a content begins: the tag of an octet string.
const PIECE: u8 = 0x04;

/// The content of a signed message. The signature says nothing in another tenant and is dropped.
fn unwrapped(bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let content = || -> Result<Option<Vec<u8>>, der::Error> {
        let info = ContentInfo::from_ber(bytes)?;
        let signed: SignedData = info.content.decode_as_encoding(EncodingRules::Ber)?;
        let Some(inside) = signed.encap_content_info.econtent else { return Ok(None) };
        // A signature that was written as a stream has its content in pieces. No property list begins like a piece.
        if inside.value().first() != Some(&PIECE) {
            return Ok(Some(inside.value().to_vec()));
        }
        let mut reader = SliceReader::new_with_encoding_rules(inside.value(), EncodingRules::Ber)?;
        let mut content = Vec::new();
        while !reader.is_finished() {
            content.extend_from_slice(OctetString::decode(&mut reader)?.as_bytes());
        }
        Ok(Some(content))
    };
    match content() {
        Ok(Some(content)) => Ok(content),
        Ok(None) => fail(String::from("the signature contains no profile")),
        Err(error) => fail(format!("the signature cannot be unwrapped: {error}")),
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Value, ReadError> {
    // Some published profiles have white space before the XML declaration.
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    Value::from_reader(Cursor::new(bytes.get(begin..).unwrap_or_default()))
        .map_err(|error| ReadError::Profile { problem: error.to_string() })
}

fn depth(value: &Value, above: usize) -> usize {
    if above > DEEPEST {
        return above;
    }
    match value {
        Value::Dictionary(own) => own.values().map(|inner| depth(inner, above + 1)).max().unwrap_or(above),
        Value::Array(own) => own.iter().map(|inner| depth(inner, above + 1)).max().unwrap_or(above),
        _ => above,
    }
}
