//! Files for tests: ZIPs in the forms that are met, and packages.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::io::Write as _;

use base64::Engine as _;

/// How entries are in a ZIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Stored,
    Deflated,
    /// Stored, with every number in the ZIP64 parts.
    Zip64,
}

/// A ZIP of these entries.
pub(crate) fn zipped(entries: &[(&str, &[u8])], packing: Packing) -> Vec<u8> {
    let large = packing == Packing::Zip64;
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let (method, packed) = match packing {
            Packing::Deflated => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(content).unwrap();
                (8_u16, encoder.finish().unwrap())
            }
            Packing::Stored | Packing::Zip64 => (0, content.to_vec()),
        };
        let at = out.len() as u64;
        let number = |number: u64| if large { u32::MAX } else { u32::try_from(number).unwrap() };
        let head = |out: &mut Vec<u8>| {
            out.extend([20, 0, 0, 0]);
            out.extend(method.to_le_bytes());
            out.extend([0; 8]);
            out.extend(number(packed.len() as u64).to_le_bytes());
            out.extend(number(content.len() as u64).to_le_bytes());
            out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        };
        out.extend(0x0403_4b50_u32.to_le_bytes());
        head(&mut out);
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend(&packed);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend([20, 0]);
        head(&mut directory);
        let extra: u16 = if large { 28 } else { 0 };
        directory.extend(extra.to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(number(at).to_le_bytes());
        directory.extend(name.as_bytes());
        if large {
            directory.extend([1, 0, 24, 0]);
            for number in [content.len() as u64, packed.len() as u64, at] {
                directory.extend(number.to_le_bytes());
            }
        }
    }
    let (at, size, count) = (out.len() as u64, directory.len() as u64, entries.len() as u64);
    out.extend(directory);
    if large {
        let end = out.len() as u64;
        out.extend(0x0606_4b50_u32.to_le_bytes());
        out.extend(44_u64.to_le_bytes());
        out.extend([0; 12]);
        for number in [count, count, size, at] {
            out.extend(number.to_le_bytes());
        }
        out.extend(0x0706_4b50_u32.to_le_bytes());
        out.extend([0; 4]);
        out.extend(end.to_le_bytes());
        out.extend([1, 0, 0, 0]);
    }
    out.extend(0x0605_4b50_u32.to_le_bytes());
    out.extend([0; 4]);
    let count = u16::try_from(count).unwrap();
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    for number in [size, at] {
        out.extend(if large { u32::MAX } else { u32::try_from(number).unwrap() }.to_le_bytes());
    }
    out.extend([0, 0]);
    out
}

/// The text of a `Detection.xml`; `keys` are key, MAC key, IV, MAC and digest.
pub(crate) fn detection(size: u64, setup: &str, keys: [&[u8]; 5]) -> String {
    let [key, mac_key, iv, mac, digest] = keys.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes));
    format!(
        "\u{feff}<ApplicationInfo xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" ToolVersion=\"1.8.4.0\">\r\n\
         <Name>{setup}</Name><UnencryptedContentSize>{size}</UnencryptedContentSize>\
         <FileName>IntunePackage.intunewin</FileName><SetupFile>{setup}</SetupFile><EncryptionInfo>\
         <EncryptionKey>{key}</EncryptionKey><MacKey>{mac_key}</MacKey>\
         <InitializationVector>{iv}</InitializationVector><Mac>{mac}</Mac>\
         <ProfileIdentifier>ProfileVersion1</ProfileIdentifier><FileDigest>{digest}</FileDigest>\
         <FileDigestAlgorithm>SHA256</FileDigestAlgorithm></EncryptionInfo></ApplicationInfo>"
    )
}
