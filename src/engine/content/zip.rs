//! The entries of a package that may be larger than memory, each readable on its own. A package is untrusted: every
//! size is bounded and held against the file. Not for writing.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

/// A package has two entries; a few more are not a reason to refuse it.
const MOST_ENTRIES: usize = 4096;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZipEntry {
    /// Its name, with `/` between folders.
    pub(crate) name: String,
    /// How many bytes it has.
    pub(crate) size: u64,
    /// How many bytes they take in the file.
    pub(crate) packed: u64,
    method: CompressionMethod,
    encrypted: bool,
    at: u64,
}

/// The entries of a file; why it is none, or cannot be read.
pub(crate) fn entries(path: &Path) -> Result<Vec<ZipEntry>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let archive = ZipArchive::new(BufReader::new(file));
    let mut archive = archive.map_err(|_| "the file is not a ZIP file, or is truncated")?;
    if archive.len() > MOST_ENTRIES {
        return Err(String::from("the ZIP file has far more entries than a package"));
    }
    (0..archive.len())
        .map(|index| entry(&mut archive, index).ok_or_else(|| "the ZIP file is damaged".to_owned()))
        .collect()
}

fn entry(archive: &mut ZipArchive<BufReader<File>>, index: usize) -> Option<ZipEntry> {
    let raw = archive.by_index_raw(index).ok()?;
    Some(ZipEntry {
        name: raw.name().ok()?.replace('\\', "/"),
        size: raw.size(),
        packed: raw.compressed_size(),
        method: raw.compression(),
        encrypted: raw.encrypted(),
        at: raw.data_start()?,
    })
}

impl ZipEntry {
    /// The entry's bytes, never more than its size. Why they cannot be read.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn Read + Send>, String> {
        if self.encrypted {
            return Err(format!("{} is protected with a password", self.name));
        }
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let damaged = || Err(format!("{} is damaged", self.name));
        if self.at.checked_add(self.packed).is_none_or(|end| end > length) {
            return damaged();
        }
        file.seek(SeekFrom::Start(self.at)).map_err(|error| error.to_string())?;
        let packed = file.take(self.packed);
        match self.method {
            CompressionMethod::Stored if self.packed == self.size => Ok(Box::new(packed)),
            CompressionMethod::Stored => damaged(),
            CompressionMethod::Deflated => Ok(Box::new(DeflateDecoder::new(packed).take(self.size))),
            other => Err(format!("{} is compressed with {other}, which is not supported", self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::engine::content::testing::{Packing, zipped};
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
            assert!(entries(file(bytes).path()).unwrap_err().contains("not a ZIP"), "{bytes:?}");
        }
        let mut wrong = whole;
        wrong[0] = 0;
        let file = file(&wrong);
        assert!(entries(file.path()).unwrap_err().contains("damaged"));
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
