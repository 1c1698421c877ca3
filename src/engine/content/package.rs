//! What a package of Microsoft's Win32 Content Prep Tool (`.intunewin`) says of itself: a ZIP with
//! `IntuneWinPackage/Metadata/Detection.xml`, which holds the keys of the content beside it, which is encrypted
//! already. Everything in it is held against what the content can be; nothing is opened.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use roxmltree::{Document, Node};

use super::encryption;
use super::encryption::Seal;
use super::folder::no_file_name;
use super::zip::{self, ZipEntry};

const DETECTION: &str = "IntuneWinPackage/Metadata/Detection.xml";
const CONTENTS: &str = "IntuneWinPackage/Contents/";
/// Far more than what is in one.
const LARGEST_XML: u64 = 256 * 1024;

/// A package.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// The name of its content.
    pub(crate) name: String,
    /// The file of it that is started.
    pub(crate) setup: String,
    /// How many bytes the content has when it is opened.
    pub(crate) size: u64,
    /// Where the content lies.
    pub(crate) entry: ZipEntry,
    /// What opens it.
    pub(crate) seal: Seal,
}

/// Reads a package; says why it is none.
pub(crate) fn read(path: &Path) -> Result<Package, String> {
    let entries = zip::entries(path)?;
    let detection = the_one(&entries, DETECTION)?;
    if detection.size > LARGEST_XML {
        return Err(format!("{DETECTION} is too large"));
    }
    let mut bytes = Vec::new();
    let mut open = detection.open(path)?;
    open.read_to_end(&mut bytes).map_err(|error| format!("{DETECTION} cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{DETECTION} is not UTF-8"))?;
    detected(text.trim_start_matches('\u{feff}'), &entries)
}

/// The entry with the content, of the name and size that the metadata say.
fn content(entries: &[ZipEntry], name: &str, size: u64) -> Result<ZipEntry, String> {
    let entry = the_one(entries, &format!("{CONTENTS}{name}"))?.clone();
    let sealed = encryption::size_of(size).ok_or("its size cannot be")?;
    if entry.size != sealed {
        return Err(format!(
            "the content has {} bytes instead of the {sealed} in Detection.xml: the package is truncated or changed",
            entry.size
        ));
    }
    // What is encrypted cannot be packed: less is not content, but something that grows when it is unpacked.
    if entry.packed < entry.size - entry.size / 10 {
        return Err(String::from("the content is compressed, and encrypted content cannot be"));
    }
    Ok(entry)
}

fn the_one<'e>(entries: &'e [ZipEntry], name: &str) -> Result<&'e ZipEntry, String> {
    let mut named = entries.iter().filter(|entry| entry.name.eq_ignore_ascii_case(name));
    match (named.next(), named.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(format!("the package does not contain {name}")),
        (Some(_), Some(_)) => Err(format!("the package contains {name} twice")),
    }
}

/// The package that the metadata describe. Document types, and so entities, are refused by the parser.
fn detected(text: &str, entries: &[ZipEntry]) -> Result<Package, String> {
    let document = Document::parse(text).map_err(|error| format!("Detection.xml is not XML ({error})"))?;
    let root = document.root_element();
    let all = |parent: Node<'_, '_>, name: &str| {
        parent
            .children()
            .find(|node| node.tag_name().name() == name)
            .map(|node| node.text().unwrap_or("").trim().to_owned())
    };
    let of_root = |name: &str| all(root, name).ok_or_else(|| format!("Detection.xml has no {name}"));
    let keys = root.children().find(|node| node.tag_name().name() == "EncryptionInfo");
    let keys = keys.ok_or("Detection.xml has no EncryptionInfo, so the content cannot be decrypted")?;
    let of_keys = |name: &str| all(keys, name).ok_or_else(|| format!("EncryptionInfo has no {name}"));
    if of_keys("ProfileIdentifier")? != encryption::PROFILE || of_keys("FileDigestAlgorithm")? != encryption::DIGEST {
        return Err(format!("the content is not encrypted with {} and {}", encryption::PROFILE, encryption::DIGEST));
    }
    let bytes = |name: &str, length: usize| {
        let decoded = base64::engine::general_purpose::STANDARD.decode(of_keys(name)?).ok();
        decoded.filter(|bytes| bytes.len() == length).ok_or_else(|| format!("{name} is not {length} bytes in base64"))
    };
    let name = of_root("FileName")?;
    if no_file_name(&name).is_some() {
        return Err(String::from("Detection.xml does not name a content file"));
    }
    let size = of_root("UnencryptedContentSize")?.parse().ok().filter(|size| *size > 0);
    let size = size.ok_or("UnencryptedContentSize is not a number of bytes")?;
    Ok(Package {
        entry: content(entries, &name, size)?,
        name,
        setup: all(root, "SetupFile").unwrap_or_default(),
        size,
        seal: Seal {
            key: bytes("EncryptionKey", 32)?.into(),
            mac_key: bytes("MacKey", 32)?.into(),
            iv: bytes("InitializationVector", 16)?,
            mac: bytes("Mac", 32)?,
            digest: bytes("FileDigest", 32)?,
        },
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::engine::content::testing::{Packing, detection, zipped};

    const CONTENT: &str = "IntuneWinPackage/Contents/IntunePackage.intunewin";

    fn keys() -> [Vec<u8>; 5] {
        [vec![1; 32], vec![2; 32], vec![3; 16], vec![4; 32], vec![5; 32]]
    }

    fn told(keys: &[Vec<u8>; 5]) -> String {
        detection(20, "setup.exe", keys.each_ref().map(Vec::as_slice))
    }

    fn why(entries: &[(&str, &[u8])]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), zipped(entries, Packing::Stored)).unwrap();
        read(file.path()).err().unwrap_or_default()
    }

    #[test]
    fn a_package_says_what_it_is() {
        let (xml, content) = (told(&keys()), [9_u8; 80]);
        for packing in [Packing::Stored, Packing::Zip64] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), zipped(&[(DETECTION, xml.as_bytes()), (CONTENT, &content)], packing)).unwrap();
            let package = read(file.path()).unwrap();
            assert_eq!((package.name.as_str(), package.setup.as_str()), ("IntunePackage.intunewin", "setup.exe"));
            assert_eq!((package.size, package.entry.size), (20, 80));
            assert!(!format!("{package:?}").contains("[1, 1"), "a key is shown");
        }
    }

    #[test]
    fn what_is_wrong_with_a_package_is_told() {
        let (good, content) = (told(&keys()), [9_u8; 80]);
        assert!(why(&[("other.txt", b"x")]).contains("does not contain IntuneWinPackage/Metadata/Detection.xml"));
        assert!(why(&[(DETECTION, good.as_bytes())]).contains("does not contain IntuneWinPackage/Contents"));
        assert!(why(&[(DETECTION, good.as_bytes()), (CONTENT, &content[1..])]).contains("truncated"));
        let with = |from: &str, to: &str| {
            let xml = good.replace(from, to);
            why(&[(DETECTION, xml.as_bytes()), (CONTENT, &content)])
        };
        assert!(with("<EncryptionInfo>", "<Other>").contains("is not XML"));
        assert!(with("ProfileVersion1", "ProfileVersion2").contains("not encrypted with"));
        assert!(with("MacKey", "Key2").contains("no MacKey"));
        assert!(with("IntunePackage.intunewin", "../../etc/passwd").contains("content file"));
        assert!(with(">20<", ">-1<").contains("UnencryptedContentSize"));
        assert!(with(">20<", ">18446744073709551615<").contains("cannot be"));
        let mut keys = keys();
        keys[2].pop();
        assert!(why(&[(DETECTION, told(&keys).as_bytes()), (CONTENT, &content)]).contains("InitializationVector"));
    }

    #[test]
    fn hostile_metadata_are_refused() {
        let entities = "<!DOCTYPE a [<!ENTITY b \"cccccccccc\">]><ApplicationInfo>&b;</ApplicationInfo>";
        assert!(why(&[(DETECTION, entities.as_bytes())]).contains("is not XML"));
        let large = vec![b' '; 300 * 1024];
        assert!(why(&[(DETECTION, &large)]).contains("too large"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let size = 1_000_000_u64;
        let xml = told(&keys()).replace(">20<", &format!(">{size}<"));
        let grows = vec![0_u8; usize::try_from(encryption::size_of(size).unwrap()).unwrap()];
        std::fs::write(file.path(), zipped(&[(DETECTION, xml.as_bytes()), (CONTENT, &grows)], Packing::Deflated))
            .unwrap();
        assert!(read(file.path()).unwrap_err().contains("compressed"));
    }
}
