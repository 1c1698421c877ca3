//! Content as the service takes it, in blocks: encrypted by `ProfileVersion1`, or taken from a package as it lies
//! there. One block at a time is in memory, whatever the file's size.
//!
//! The keys of a plain file follow from a salt, random for each upload, and from the content (HKDF, RFC 5869): whoever
//! goes on with an upload seals the same content alike, and no key has to be kept anywhere.
//!
//! The format (documentation of fileEncryptionInfo, layout as Microsoft's samples write it): AES-256 in CBC with
//! PKCS#7, an HMAC-SHA256 over IV and ciphertext, and a SHA-256 of the plain content; the file is MAC, IV, ciphertext.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, StreamingEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine as _;
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Value, json};

use super::begun::SALT;
use super::zip::ZipEntry;
use crate::policy::fingerprint::sha256_hex;

/// How the content is encrypted, in the service's words.
pub(crate) const PROFILE: &str = "ProfileVersion1";
pub(crate) const DIGEST: &str = "SHA256";
/// How large a block is: storage takes 50,000 of them, so this is enough for 190 GiB.
pub(crate) const BLOCK: usize = 4 * 1024 * 1024;
const MAC: usize = 32;
const IV: usize = 16;
/// What the keys of a plain file are for.
const PURPOSE: &[u8] = b"intune-ferry content, version 1";
/// What is read at once.
const CHUNK: usize = 256 * 1024;

/// What opens a content. Its keys are secret.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    pub(crate) key: SecretSlice<u8>,
    pub(crate) mac_key: SecretSlice<u8>,
    pub(crate) iv: Vec<u8>,
    pub(crate) mac: Vec<u8>,
    pub(crate) digest: Vec<u8>,
}

impl Seal {
    /// As the commit takes it.
    pub(crate) fn info(&self) -> Value {
        let text = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        json!({
            "@odata.type": "#microsoft.graph.fileEncryptionInfo",
            "encryptionKey": text(self.key.expose_secret()),
            "macKey": text(self.mac_key.expose_secret()),
            "initializationVector": text(&self.iv),
            "mac": text(&self.mac),
            "profileIdentifier": PROFILE,
            "fileDigest": text(&self.digest),
            "fileDigestAlgorithm": DIGEST,
        })
    }
}

/// How many bytes a content of this size has when it is sealed.
pub(crate) fn size_of(plain: u64) -> Option<u64> {
    (plain / 16).checked_add(1)?.checked_mul(16)?.checked_add((MAC + IV) as u64)
}

/// How many blocks a sealed content of this size takes.
pub(crate) fn blocks_of(sealed: u64) -> u64 {
    sealed.div_ceil(BLOCK as u64)
}

/// The blocks of a sealed content, each with its place; not in order.
pub(crate) trait Blocks: Send {
    /// The next one; none at the end. Why it cannot go on.
    fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, String>;
    /// What opens it, once all blocks were given.
    fn seal(&self) -> &Seal;
    /// What tells the sealed content from any other, and nothing of its keys; known from the start.
    fn print(&self) -> String;
}

/// A plain file, sealed with keys that no one else has.
pub(crate) struct Sealing {
    file: File,
    left: u64,
    cipher: Option<StreamingEncryptingKey>,
    mac: hmac::Context,
    digest: digest::Context,
    seal: Seal,
    /// What is sealed and not given yet.
    ready: Vec<u8>,
    next: u64,
    /// The first block, which begins with what is known at the end only.
    first: Option<Vec<u8>>,
    print: String,
}

/// So many bytes follow from a salt and a content.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The digest of a file.
fn digest_of(path: &Path) -> Result<digest::Digest, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let (mut digest, mut chunk) = (digest::Context::new(&digest::SHA256), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk).map_err(|error| error.to_string())? {
            0 => return Ok(digest.finish()),
            read => digest.update(&chunk[..read]),
        }
    }
}

impl Sealing {
    /// Begins to seal a file of this size: with the same salt, the same content is sealed alike.
    pub(crate) fn new(path: &Path, size: u64, salt: &[u8; SALT]) -> Result<Self, String> {
        let failed = |_| String::from("it cannot be encrypted");
        let (mut key, mut mac_key, mut iv, mut print) = ([0; 32], [0; 32], [0; IV], [0; 16]);
        let source = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(digest_of(path)?.as_ref());
        for (what, bytes) in
            [(&b"key"[..], &mut key[..]), (b"mac key", &mut mac_key), (b"iv", &mut iv), (b"print", &mut print)]
        {
            let purpose = [PURPOSE, b", ", what];
            let expanded = source.expand(&purpose, Length(bytes.len())).map_err(failed)?;
            expanded.fill(bytes).map_err(failed)?;
        }
        let print = sha256_hex(&print);
        Ok(Self { print, ..Self::with(path, size, &key, &mac_key, iv)? })
    }

    fn with(path: &Path, size: u64, key: &[u8; 32], mac_key: &[u8; 32], iv: [u8; IV]) -> Result<Self, String> {
        let failed = |_| String::from("it cannot be encrypted");
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        let unbound = UnboundCipherKey::new(&AES_256, key).map_err(failed)?;
        let cipher = StreamingEncryptingKey::less_safe_cbc_pkcs7(unbound, context).map_err(failed)?;
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, mac_key));
        mac.update(&iv);
        let mut ready = vec![0; MAC];
        ready.extend(iv);
        Ok(Self {
            file: File::open(path).map_err(|error| error.to_string())?,
            left: size,
            cipher: Some(cipher),
            mac,
            digest: digest::Context::new(&digest::SHA256),
            seal: Seal {
                key: key.to_vec().into(),
                mac_key: mac_key.to_vec().into(),
                iv: iv.to_vec(),
                mac: Vec::new(),
                digest: Vec::new(),
            },
            ready,
            next: 0,
            first: None,
            print: String::new(),
        })
    }

    /// Seals one chunk more.
    fn advance(&mut self) -> Result<(), String> {
        let mut chunk = vec![0; CHUNK];
        let read = self.file.read(&mut chunk).map_err(|error| error.to_string())?;
        let failed = |_| String::from("it cannot be encrypted");
        self.left = self.left.checked_sub(read as u64).ok_or("the file changed while it was read")?;
        let mut out = vec![0; read + 16];
        if read == 0 {
            if self.left > 0 {
                return Err(String::from("the file changed while it was read"));
            }
            if let Some(cipher) = self.cipher.take() {
                let (_, last) = cipher.finish(&mut out).map_err(failed)?;
                self.mac.update(last.written());
                self.ready.extend_from_slice(last.written());
            }
            self.seal.mac = self.mac.clone().sign().as_ref().to_vec();
            self.seal.digest = self.digest.clone().finish().as_ref().to_vec();
        } else if let Some(cipher) = &mut self.cipher {
            self.digest.update(&chunk[..read]);
            let sealed = cipher.update(&chunk[..read], &mut out).map_err(failed)?;
            self.mac.update(sealed.written());
            self.ready.extend_from_slice(sealed.written());
        }
        Ok(())
    }
}

impl Blocks for Sealing {
    fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, String> {
        loop {
            while self.cipher.is_some() && self.ready.len() < BLOCK {
                self.advance()?;
            }
            if self.ready.is_empty() {
                // The first comes last.
                return Ok(self.first.take().map(|mut first| {
                    first[..MAC].copy_from_slice(&self.seal.mac);
                    (0, first)
                }));
            }
            let rest = self.ready.split_off(self.ready.len().min(BLOCK));
            let block = std::mem::replace(&mut self.ready, rest);
            let place = self.next;
            self.next += 1;
            if place > 0 {
                return Ok(Some((place, block)));
            }
            self.first = Some(block);
        }
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }

    fn print(&self) -> String {
        self.print.clone()
    }
}

/// The content of a package, still encrypted; checked against its MAC while it is read.
pub(crate) struct Packed {
    content: Box<dyn Read + Send>,
    left: u64,
    mac: hmac::Context,
    seal: Seal,
    next: u64,
}

impl Packed {
    /// Begins to read the content of a package.
    pub(crate) fn new(path: &Path, entry: &ZipEntry, seal: &Seal) -> Result<Self, String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, seal.mac_key.expose_secret());
        let mac = hmac::Context::with_key(&key);
        Ok(Self { content: entry.open(path)?, left: entry.size, mac, seal: seal.clone(), next: 0 })
    }
}

impl Blocks for Packed {
    fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, String> {
        const WRONG: &str = "the content does not match Detection.xml: the package was damaged or changed";
        if self.left == 0 {
            let sound = self.mac.clone().sign().as_ref() == self.seal.mac;
            return if sound { Ok(None) } else { Err(WRONG.to_owned()) };
        }
        let length = usize::try_from(self.left).unwrap_or(BLOCK).min(BLOCK);
        let mut block = vec![0; length];
        self.content.read_exact(&mut block).map_err(|error| format!("the content cannot be read: {error}"))?;
        self.left -= length as u64;
        let place = self.next;
        self.next += 1;
        let from = if place == 0 { MAC } else { 0 };
        if place == 0 && (block[..MAC] != self.seal.mac[..] || block[MAC..MAC + IV] != self.seal.iv[..]) {
            return Err(WRONG.to_owned());
        }
        self.mac.update(&block[from..]);
        Ok(Some((place, block)))
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }

    fn print(&self) -> String {
        sha256_hex(&[&self.seal.mac[..], &self.seal.iv].concat())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use aws_lc_rs::cipher::{DecryptionContext, PaddedBlockDecryptingKey};

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    fn all(blocks: &mut dyn Blocks) -> Vec<u8> {
        let mut list = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            list.push(block);
        }
        list.sort_by_key(|(place, _)| *place);
        list.into_iter().flat_map(|(_, block)| block).collect()
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// NIST SP 800-38A, F.2.5: AES-256 in CBC.
    #[test]
    fn the_cipher_is_the_standards() {
        let key: [u8; 32] = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").try_into().unwrap();
        let iv: [u8; 16] = hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        let plain = file(&hex("6bc1bee22e409f96e93d7e117393172a"));
        let mut sealing = Sealing::with(plain.path(), 16, &key, &[7; 32], iv).unwrap();
        let sealed = all(&mut sealing);
        assert_eq!(sealed[48..64], hex("f58c4c04d6e5f1ba779eabfb5f7bfbd6"));
        assert_eq!((sealed.len() as u64, &sealed[32..48]), (size_of(16).unwrap(), &iv[..]));
    }

    #[test]
    fn what_is_sealed_opens_to_what_it_was() {
        for size in [1, 15, 16, BLOCK - 49, BLOCK - 48, BLOCK + 5, 2 * BLOCK] {
            let plain: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let file = file(&plain);
            let mut sealing = Sealing::new(file.path(), size as u64, &[5; SALT]).unwrap();
            let mut sealed = all(&mut sealing);
            assert_eq!(sealed.len() as u64, size_of(size as u64).unwrap(), "{size}");
            let seal = sealing.seal();
            let key = hmac::Key::new(hmac::HMAC_SHA256, seal.mac_key.expose_secret());
            hmac::verify(&key, &sealed[MAC..], &sealed[..MAC]).unwrap();
            let unbound = UnboundCipherKey::new(&AES_256, seal.key.expose_secret()).unwrap();
            let iv: [u8; IV] = seal.iv.clone().try_into().unwrap();
            let opening = PaddedBlockDecryptingKey::cbc_pkcs7(unbound).unwrap();
            let context = DecryptionContext::Iv128(FixedLength::from(iv));
            assert_eq!(opening.decrypt(&mut sealed[MAC + IV..], context).unwrap(), plain, "{size}");
            assert_eq!(seal.digest, digest::digest(&digest::SHA256, &plain).as_ref());
        }
    }

    #[test]
    fn no_two_uploads_have_the_same_keys_and_none_is_shown() {
        let (content, other) = (file(b"content"), file(b"CONTENT"));
        let sealing = |file: &tempfile::NamedTempFile, salt: u8| Sealing::new(file.path(), 7, &[salt; SALT]).unwrap();
        let one = sealing(&content, 1);
        for two in [sealing(&content, 2), sealing(&other, 1)] {
            assert_ne!(one.seal.key.expose_secret(), two.seal.key.expose_secret());
            assert_ne!(one.seal.mac_key.expose_secret(), two.seal.mac_key.expose_secret());
            assert_ne!((&one.seal.iv, &one.print), (&two.seal.iv, &two.print));
        }
        assert_ne!(one.seal.key.expose_secret(), one.seal.mac_key.expose_secret());
        // Whoever goes on with one seals alike.
        let [mut first, mut again] = [(); 2].map(|()| sealing(&content, 1));
        assert_eq!((all(&mut first), &first.print), (all(&mut again), &one.print));
        let shown = format!("{:?}", one.seal);
        assert!(shown.contains("REDACTED"), "{shown}");
    }

    #[test]
    fn a_file_that_changes_is_told() {
        let file = file(b"content");
        for size in [3, 9] {
            let mut sealing = Sealing::new(file.path(), size, &[5; SALT]).unwrap();
            assert!(sealing.next().unwrap_err().contains("changed while"), "{size}");
        }
    }
}
