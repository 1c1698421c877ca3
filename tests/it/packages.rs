//! Files that become contents of apps, made by the tests themselves: plain ones, and packages as Microsoft's Win32
//! Content Prep Tool makes them.

use std::io::Write as _;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, hmac, iv::FixedLength};
use base64::Engine as _;

/// The key of every package here, as it is in them.
pub const KEY: &str = "S0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0s=";

/// Bytes that occur nowhere else.
pub fn plain(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn encoded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// MAC, IV and ciphertext.
fn sealed(plain: &[u8]) -> Vec<u8> {
    let iv = [9; 16];
    let key = UnboundCipherKey::new(&AES_256, &[b'K'; 32]).unwrap();
    let mut content = plain.to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap().less_safe_encrypt(&mut content, context).unwrap();
    let mut out = iv.to_vec();
    out.extend(content);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[b'M'; 32]), &out);
    [mac.as_ref(), &out].concat()
}

fn detection(plain: &[u8], content: &[u8], setup: &str) -> String {
    let digest = digest::digest(&digest::SHA256, plain);
    format!(
        "<ApplicationInfo xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ToolVersion=\"1.8.4.0\"><Name>x</Name>\
         <UnencryptedContentSize>{}</UnencryptedContentSize><FileName>IntunePackage.intunewin</FileName>\
         <SetupFile>{setup}</SetupFile><EncryptionInfo><EncryptionKey>{KEY}</EncryptionKey><MacKey>{}</MacKey>\
         <InitializationVector>{}</InitializationVector><Mac>{}</Mac><ProfileIdentifier>ProfileVersion1</ProfileIdentifier>\
         <FileDigest>{}</FileDigest><FileDigestAlgorithm>SHA256</FileDigestAlgorithm></EncryptionInfo></ApplicationInfo>",
        plain.len(),
        encoded(&[b'M'; 32]),
        encoded(&content[32..48]),
        encoded(&content[..32]),
        encoded(digest.as_ref()),
    )
}

/// A package with a content of this size.
pub fn package(size: usize, setup: &str) -> Vec<u8> {
    let plain = plain(size);
    let content = sealed(&plain);
    zipped(&detection(&plain, &content, setup), &content)
}

/// One whose content changed after it was made.
pub fn damaged(size: usize, setup: &str) -> Vec<u8> {
    let plain = plain(size);
    let mut content = sealed(&plain);
    let xml = detection(&plain, &content, setup);
    *content.last_mut().unwrap() ^= 1;
    zipped(&xml, &content)
}

/// Both entries, deflated.
fn zipped(xml: &str, content: &[u8]) -> Vec<u8> {
    let entries = [
        ("IntuneWinPackage/Contents/IntunePackage.intunewin", content),
        ("IntuneWinPackage/Metadata/Detection.xml", xml.as_bytes()),
    ];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    for (name, content) in entries {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let at = size(&out);
        let mut head = vec![20, 0, 0, 0, 8, 0];
        head.extend([0; 8]);
        head.extend(size(&packed));
        head.extend(size(content));
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(head);
        directory.extend([0; 12]);
        directory.extend(at);
        directory.extend(name.as_bytes());
    }
    let (at, length) = (size(&out), size(&directory));
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    out.extend(length);
    out.extend(at);
    out.extend([0, 0]);
    out
}
