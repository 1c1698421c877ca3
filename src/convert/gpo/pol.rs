//! `registry.pol`: the registry values that a group policy object sets, without any language. The format is in
//! Microsoft's [MS-GPREG], section 2.2.1 (read 2026-11-30).

use std::fmt;

use crate::error::ReadError;
use crate::text::{LARGEST, LARGEST_MIB};

/// `PReg` and the only version there is.
const HEADER: [u8; 8] = *b"PReg\x01\0\0\0";
/// The longest key or value name, in UTF-16 units; the registry allows 16,383.
const LONGEST_NAME: usize = 32_767;

/// A value to set or to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, without the hive.
    pub key: String,
    /// The value's name; may begin with `**`, which deletes something.
    pub name: String,
    /// What it is set to.
    pub data: RegistryData,
}

impl Entry {
    /// The name of the one value that this deletes.
    pub fn deletes(&self) -> Option<&str> {
        strip_prefix_ignoring_case(&self.name, "**del.")
    }

    /// Whether this deletes all values of the key.
    pub fn deletes_all(&self) -> bool {
        strip_prefix_ignoring_case(&self.name, "**delvals").is_some()
    }

    /// Whether this sets a value.
    pub fn sets(&self) -> bool {
        !self.name.starts_with("**")
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (begin, rest) = text.split_at_checked(prefix.len())?;
    begin.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Data of a registry value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryData {
    /// No type, as keys that only are to exist have.
    None,
    /// A text (`REG_SZ`, `REG_EXPAND_SZ`).
    Text(String),
    /// A number (`REG_DWORD`, `REG_QWORD`).
    Number(u64),
    /// Several texts (`REG_MULTI_SZ`).
    Texts(Vec<String>),
    /// Bytes of another type.
    Binary(Vec<u8>),
}

impl fmt::Display for RegistryData {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => out.write_str(text),
            Self::Number(number) => write!(out, "{number}"),
            Self::Texts(texts) => out.write_str(&texts.join(", ")),
            Self::Binary(bytes) => write!(out, "{} bytes", bytes.len()),
        }
    }
}

/// Reads the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::TooLarge { limit: LARGEST_MIB });
    }
    if bytes.get(..8) != Some(&HEADER) {
        return Err(ReadError::RegistryPol { at: 0, problem: "the file does not begin with PReg and version 1" });
    }
    let mut reader = Reader { bytes, at: 8 };
    let mut entries = Vec::new();
    while reader.at < bytes.len() {
        entries.push(reader.entry()?);
    }
    Ok(entries)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn entry(&mut self) -> Result<Entry, ReadError> {
        self.sign(b'[', "an entry must begin with [")?;
        let key = self.name()?;
        self.sign(b';', "; is missing after the key")?;
        let name = self.name()?;
        self.sign(b';', "; is missing after the value's name")?;
        let kind = self.number()?;
        self.sign(b';', "; is missing after the type")?;
        let size = self.number()? as usize;
        self.sign(b';', "; is missing after the size")?;
        let data = self.take(size)?;
        self.sign(b']', "] is missing at the end of an entry")?;
        Ok(Entry { key, name, data: data_of(kind, data) })
    }

    fn fail<T>(&self, problem: &'static str) -> Result<T, ReadError> {
        Err(ReadError::RegistryPol { at: self.at, problem })
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], ReadError> {
        let end = self.at.checked_add(size);
        let Some(taken) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return self.fail("the file ends in the middle of an entry");
        };
        self.at += size;
        Ok(taken)
    }

    fn unit(&mut self) -> Result<u16, ReadError> {
        Ok(self.take(2)?.iter().rev().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
    }

    fn sign(&mut self, wanted: u8, problem: &'static str) -> Result<(), ReadError> {
        let before = self.at;
        if self.unit()? == u16::from(wanted) {
            return Ok(());
        }
        self.at = before;
        self.fail(problem)
    }

    fn number(&mut self) -> Result<u32, ReadError> {
        Ok(self.take(4)?.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    /// UTF-16 up to a NUL.
    fn name(&mut self) -> Result<String, ReadError> {
        let mut units = Vec::new();
        loop {
            match self.unit()? {
                0 => return Ok(String::from_utf16_lossy(&units)),
                _ if units.len() >= LONGEST_NAME => return self.fail("a name does not end"),
                unit => units.push(unit),
            }
        }
    }
}

fn data_of(kind: u32, bytes: &[u8]) -> RegistryData {
    let little = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    match (kind, bytes.len()) {
        (0, 0) => RegistryData::None,
        (1 | 2, _) => RegistryData::Text(text(bytes)),
        (4, 4) | (11, 8) => RegistryData::Number(little(bytes)),
        (5, 4) => RegistryData::Number(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))),
        (7, _) => {
            let texts = text(bytes);
            RegistryData::Texts(texts.split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect())
        }
        _ => RegistryData::Binary(bytes.to_vec()),
    }
}

/// UTF-16 without the NULs at its end.
fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned()
}

/// Writes the file, for tests and trials.
pub fn write(entries: &[(&str, &str, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    let units = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (key, name, kind, data) in entries {
        bytes.extend(b"[\0");
        bytes.extend(units(key));
        bytes.extend(b";\0");
        bytes.extend(units(name));
        bytes.extend(b";\0");
        bytes.extend(kind.to_le_bytes());
        bytes.extend(b";\0");
        bytes.extend(u32::try_from(data.len()).unwrap_or_default().to_le_bytes());
        bytes.extend(b";\0");
        bytes.extend(*data);
        bytes.extend(b"]\0");
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_every_type_are_read() {
        let multi: Vec<u8> = "a\0b\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let text: Vec<u8> = "x]\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bytes = write(&[
            ("Software\\A", "On", 4, &[1, 0, 0, 0]),
            ("Software\\A", "Big", 11, &[0, 0, 0, 0, 1, 0, 0, 0]),
            ("Software\\A", "Text", 1, &text),
            ("Software\\A", "Many", 7, &multi),
            ("Software\\A", "**del.Off", 1, b" \0\0\0"),
            ("Software\\A", "Raw", 3, &[1, 2]),
            ("Software\\B", "", 0, &[]),
        ]);
        let entries = read(&bytes).unwrap();
        let data: Vec<_> = entries.iter().map(|entry| entry.data.clone()).collect();
        let texts = RegistryData::Texts(vec!["a".into(), "b".into()]);
        let (on, big) = (RegistryData::Number(1), RegistryData::Number(1 << 32));
        assert_eq!(data[..4], [on, big, RegistryData::Text("x]".into()), texts]);
        assert_eq!(data[5..], [RegistryData::Binary(vec![1, 2]), RegistryData::None]);
        assert_eq!(entries[4].deletes(), Some("Off"));
        assert!(entries[0].sets() && !entries[4].sets() && !entries[4].deletes_all());
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_or_whole() {
        let one = write(&[("K", "N", 4, &[1, 0, 0, 0])]);
        let two = write(&[("K", "N", 4, &[1, 0, 0, 0]), ("K", "M", 4, &[2, 0, 0, 0])]);
        for end in 0..two.len() {
            let whole = end == 8 || end == one.len();
            assert_eq!(read(&two[..end]).is_ok(), whole, "cut at {end}");
        }
        assert!(read(b"PReg\x02\0\0\0").is_err());
        let mut huge = write(&[("K", "N", 4, &[1, 0, 0, 0])]);
        let size = huge.len() - 8;
        huge[size..size + 2].copy_from_slice(&[0xFF, 0xFF]);
        assert!(read(&huge).is_err());
    }

    proptest! {
        #[test]
        fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[HEADER.as_slice(), &bytes].concat());
        }
    }
}
