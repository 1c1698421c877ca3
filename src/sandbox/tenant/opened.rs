//! Whether an uploaded content is what its commit says: opened with the given keys, by the format `ProfileVersion1`
//! (documentation of fileEncryptionInfo; layout as Microsoft's samples write it: MAC, IV, ciphertext).

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, hmac, iv::FixedLength};
use base64::Engine as _;
use serde_json::{Map, Value};

use crate::odata::call::{Refusal, bad};
use crate::tenant::store::text;

const MAC: usize = 32;
const IV: usize = 16;

/// What a commit says of its file.
pub(crate) struct Info {
    key: Vec<u8>,
    mac_key: Vec<u8>,
    iv: Vec<u8>,
    mac: Vec<u8>,
    digest: Vec<u8>,
}

pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// Every value must be there, in the right length (documentation: 16 bytes of IV, 32 of MAC and of its key).
pub(crate) fn info(given: &Map<String, Value>) -> Result<Info, Refusal> {
    let known = [
        "encryptionKey",
        "initializationVector",
        "mac",
        "macKey",
        "profileIdentifier",
        "fileDigest",
        "fileDigestAlgorithm",
    ];
    if let Some(other) = given.keys().find(|name| !known.contains(&name.as_str()) && *name != "@odata.type") {
        return Err(bad(format!(
            "The property '{other}' does not exist on type 'microsoft.graph.fileEncryptionInfo'."
        )));
    }
    if text(given, "profileIdentifier") != "ProfileVersion1" || text(given, "fileDigestAlgorithm") != "SHA256" {
        return Err(bad("Only ProfileVersion1 with SHA256 is supported."));
    }
    let bytes = |name: &str, length: usize| {
        base64(text(given, name))
            .filter(|bytes| bytes.len() == length)
            .ok_or_else(|| bad(format!("The property '{name}' must be {length} bytes in base64.")))
    };
    Ok(Info {
        key: bytes("encryptionKey", 32)?,
        mac_key: bytes("macKey", MAC)?,
        iv: bytes("initializationVector", IV)?,
        mac: bytes("mac", MAC)?,
        digest: bytes("fileDigest", 32)?,
    })
}

/// Whether the content's MAC, IV, ciphertext, digest and size are as said.
pub(crate) fn is_sound(content: &[u8], info: &Info, size: u64) -> bool {
    if content.len() <= MAC + IV || content[..MAC] != info.mac[..] || content[MAC..MAC + IV] != info.iv[..] {
        return false;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &info.mac_key);
    hmac::verify(&key, &content[MAC..], &info.mac).is_ok()
        && plain(&content[MAC + IV..], info).is_some_and(|plain| {
            plain.len() as u64 == size && digest::digest(&digest::SHA256, &plain).as_ref() == info.digest
        })
}

fn plain(ciphertext: &[u8], info: &Info) -> Option<Vec<u8>> {
    let iv: [u8; IV] = info.iv.as_slice().try_into().ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &info.key).ok()?).ok()?;
    let mut bytes = ciphertext.to_vec();
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    key.decrypt(&mut bytes, context).ok().map(|plain| plain.to_vec())
}
