//! Just enough of ZIP to read two entries of a package that may be larger than memory: the directory at its end, and
//! entries that are stored or deflated (APPNOTE.TXT, with ZIP64). A package is untrusted: every size is bounded and
//! held against the file. Not for writing, and for no other use of ZIP.

use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom, Take};
use std::path::Path;

use flate2::read::DeflateDecoder;

/// A package has two entries; a few more are no reason to refuse it.
const MOST_ENTRIES: usize = 4096;
const LARGEST_DIRECTORY: u64 = 1 << 20;
/// The end of the directory with its longest comment.
const LONGEST_END: u64 = 22 + 65_535;

const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;
/// The number that says that the real one stands in the ZIP64 part.
const ELSEWHERE: u64 = 0xffff_ffff;

/// An entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, with `/` between folders.
    pub(super) name: String,
    /// How many bytes it has.
    pub(super) size: u64,
    /// How many bytes they take in the file.
    pub(super) packed: u64,
    method: u16,
    flags: u16,
    header_at: u64,
}

/// The entries of a file; why it is none, or cannot be read.
pub(super) fn entries(path: &Path) -> Result<Vec<Entry>, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let (at, size, count) = directory(&mut file, length).ok_or("it is no ZIP file, or it was cut off")?;
    if size > LARGEST_DIRECTORY || count > MOST_ENTRIES as u64 || at.checked_add(size).is_none_or(|end| end > length) {
        return Err(String::from("its directory is damaged, or far larger than a package's"));
    }
    let bytes = read_at(&mut file, at, size).ok_or("its directory cannot be read")?;
    let mut rest = bytes.as_slice();
    let mut list = Vec::new();
    while list.len() < MOST_ENTRIES && rest.len() >= 46 && u32_at(rest, 0) == Some(ENTRY) {
        let (entry, after) = entry(rest).ok_or("its directory is damaged")?;
        list.push(entry);
        rest = after;
    }
    Ok(list)
}

/// Where the directory is, how long, and of how many entries.
fn directory(file: &mut File, length: u64) -> Option<(u64, u64, u64)> {
    let tail_at = length.saturating_sub(LONGEST_END);
    let tail = read_at(file, tail_at, length - tail_at)?;
    let end = (0..=tail.len().checked_sub(22)?).rev().find(|at| u32_at(&tail, *at) == Some(END))?;
    let own = |offset: usize| u32_at(&tail, end + offset).map(u64::from);
    let (count, size, at) = (u64::from(u16_at(&tail, end + 10)?), own(12)?, own(16)?);
    if count != 0xffff && size != ELSEWHERE && at != ELSEWHERE {
        return Some((at, size, count));
    }
    let locator = end.checked_sub(20).filter(|at| u32_at(&tail, *at) == Some(LOCATOR_64))?;
    let end_64 = read_at(file, u64_at(&tail, locator + 8)?, 56)?;
    let known = u32_at(&end_64, 0) == Some(END_64);
    known.then(|| Some((u64_at(&end_64, 48)?, u64_at(&end_64, 40)?, u64_at(&end_64, 32)?))).flatten()
}

fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let length = |at: usize| u16_at(bytes, at).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let mut entry = Entry {
        name: String::from_utf8_lossy(bytes.get(46..46 + name)?).replace('\\', "/"),
        size: u64::from(u32_at(bytes, 24)?),
        packed: u64::from(u32_at(bytes, 20)?),
        method: u16_at(bytes, 10)?,
        flags: u16_at(bytes, 8)?,
        header_at: u64::from(u32_at(bytes, 42)?),
    };
    let mut fields = bytes.get(46 + name..46 + name + extra)?;
    while fields.len() >= 4 {
        let own = fields.get(4..4 + usize::from(u16_at(fields, 2)?))?;
        if u16_at(fields, 0) == Some(1) {
            let mut at = 0;
            for number in [&mut entry.size, &mut entry.packed, &mut entry.header_at] {
                if *number == ELSEWHERE {
                    *number = u64_at(own, at)?;
                    at += 8;
                }
            }
        }
        fields = &fields[4 + own.len()..];
    }
    Some((entry, bytes.get(46 + name + extra + comment..)?))
}

impl Entry {
    /// The entry's bytes, never more than its size. Why they cannot be read.
    pub(super) fn open(&self, path: &Path) -> Result<Box<dyn Read + Send>, String> {
        if self.flags & ENCRYPTED != 0 {
            return Err(format!("{} has a password of its own", self.name));
        }
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let damaged = || format!("{} is damaged", self.name);
        let header = read_at(&mut file, self.header_at, 30).filter(|header| u32_at(header, 0) == Some(LOCAL));
        let header = header.ok_or_else(damaged)?;
        let [name, extra] = [26, 28].map(|at| u64::from(u16_at(&header, at).unwrap_or_default()));
        let at = self.header_at.checked_add(30 + name + extra).ok_or_else(damaged)?;
        if at.checked_add(self.packed).is_none_or(|end| end > length) {
            return Err(damaged());
        }
        file.seek(SeekFrom::Start(at)).map_err(|error| error.to_string())?;
        let packed: Take<File> = file.take(self.packed);
        match self.method {
            STORED if self.packed == self.size => Ok(Box::new(packed)),
            DEFLATED => Ok(Box::new(DeflateDecoder::new(packed).take(self.size))),
            STORED => Err(damaged()),
            other => Err(format!("{} is packed by method {other}, which is not supported", self.name)),
        }
    }
}

fn read_at(file: &mut File, at: u64, size: u64) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes_at(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes_at(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::testing::{Packing, zipped};
    use super::*;
    use proptest::prelude::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn stored_deflated_and_large_entries_are_read() {
        let long = vec![7_u8; 100_000];
        for packing in [Packing::Stored, Packing::Deflated, Packing::Zip64] {
            let file = file(&zipped(&[("a/b.xml", b"hello"), ("c.bin", &long)], packing));
            let entries = entries(file.path()).unwrap();
            let names: Vec<(&str, u64)> = entries.iter().map(|entry| (entry.name.as_str(), entry.size)).collect();
            assert_eq!(names, [("a/b.xml", 5), ("c.bin", 100_000)]);
            let mut read = Vec::new();
            entries[1].open(file.path()).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, long);
        }
    }

    #[test]
    fn what_is_cut_off_or_no_zip_is_told() {
        let whole = zipped(&[("a.txt", b"hello")], Packing::Stored);
        for bytes in [&b""[..], b"PK", b"<html>not found</html>", &whole[..whole.len() - 1]] {
            assert!(entries(file(bytes).path()).unwrap_err().contains("no ZIP"), "{bytes:?}");
        }
        let mut wrong = whole;
        wrong[0] = 0;
        let file = file(&wrong);
        let entry = entries(file.path()).unwrap().remove(0);
        assert!(entry.open(file.path()).err().unwrap().contains("damaged"));
    }

    #[test]
    fn an_entry_never_gives_more_than_its_size() {
        let bomb = zipped(&[("a.xml", &vec![0_u8; 1_000_000])], Packing::Deflated);
        let file = file(&bomb);
        let mut entry = entries(file.path()).unwrap().remove(0);
        entry.size = 10;
        let mut read = Vec::new();
        entry.open(file.path()).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), 10);
    }

    proptest! {
        #[test]
        fn damage_is_survived(at in 0_usize..400, value: u8) {
            let mut bytes = zipped(&[("IntuneWinPackage/Metadata/Detection.xml", b"<a/>"), ("b", b"12345")], Packing::Zip64);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            let file = file(&bytes);
            for entry in entries(file.path()).unwrap_or_default() {
                if let Ok(mut open) = entry.open(file.path()) {
                    let mut read = Vec::new();
                    let _ = open.by_ref().take(1 << 20).read_to_end(&mut read);
                }
            }
        }
    }
}
