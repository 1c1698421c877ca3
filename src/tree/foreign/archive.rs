//! A ZIP file as input: unpacked into a folder of its own that is gone afterwards. Nothing in the file decides where
//! something is written or how much: a name that leads out of the folder, a link or too much content refuses all of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, copy};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipArchive;

use super::error::ForeignError;
use super::files::LARGEST;
use crate::policy::file_name::fold;

/// How a ZIP file begins.
const BEGINNING: &[u8] = b"PK";
/// A name on any system.
const LONGEST_NAME: usize = 255;

/// How much is unpacked.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Files and folders.
    entries: usize,
    /// Bytes of a file. One byte more is unpacked, so that whoever reads the file says that it is too large.
    file: u64,
    /// Bytes of all files.
    all: u64,
}

const LIMITS: Limits = Limits { entries: 100_000, file: LARGEST, all: 1024 * 1024 * 1024 };

/// The folder of a ZIP file's content; none where the path is not a ZIP file.
pub(super) fn unpacked(path: &Path) -> Result<Option<TempDir>, ForeignError> {
    if !path.is_file() {
        return Ok(None);
    }
    let refused = |problem: String| ForeignError::Archive { path: path.to_owned(), problem };
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| file.take(2).read_to_end(&mut begin));
    read.map_err(|error| refused(error.to_string()))?;
    if begin != BEGINNING {
        return Ok(None);
    }
    let folder = tempfile::tempdir().map_err(|error| refused(error.to_string()))?;
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    unpack(BufReader::new(file), folder.path(), LIMITS).map_err(refused)?;
    Ok(Some(folder))
}

/// Unpacks everything, or says why nothing of it can be used.
fn unpack(file: impl Read + Seek, to: &Path, limits: Limits) -> Result<(), String> {
    let mut archive = ZipArchive::new(file).map_err(|error| format!("the ZIP file is damaged: {error}"))?;
    if archive.len() > limits.entries {
        return Err(format!("it contains more than {} files", limits.entries));
    }
    let mut left = limits.all;
    let mut seen = BTreeSet::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| format!("file {}: {error}", index + 1))?;
        let name = entry.name().map_err(|error| format!("file {}: {error}", index + 1))?.into_owned();
        let shown = name.escape_debug().to_string();
        let inside =
            inside(&name).ok_or_else(|| format!("the name `{shown}` leads out of it, or is not a file name"))?;
        if entry.is_symlink() {
            return Err(format!("`{shown}` is a link"));
        }
        if entry.is_dir() || name.ends_with(['/', '\\']) {
            continue;
        }
        if !seen.insert(fold(&inside.to_string_lossy())) {
            return Err(format!("`{shown}` is in it twice"));
        }
        let path = to.join(&inside);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let mut file = File::create_new(&path)?;
            copy(&mut (&mut entry).take((limits.file + 1).min(left + 1)), &mut file)
        });
        let written = written.map_err(|error| format!("`{shown}` cannot be unpacked: {error}"))?;
        left = left
            .checked_sub(written)
            .ok_or_else(|| format!("its files are larger than {} MiB in total", limits.all / 1024 / 1024))?;
    }
    Ok(())
}

/// Where a file goes, below the folder; none where its name would lead elsewhere on any system.
fn inside(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    let parts = parts.strip_suffix(&[""]).unwrap_or(&parts);
    let is_plain = |part: &&str| {
        !part.is_empty()
            && part.len() <= LONGEST_NAME
            && *part != "."
            && *part != ".."
            && !part.contains(|c: char| c == ':' || c.is_control())
    };
    (!parts.is_empty() && parts.iter().all(is_plain)).then(|| parts.iter().collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::io::{Cursor, Write as _};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const SMALL: Limits = Limits { entries: 4, file: 100, all: 300 };

    fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn outcome(files: &[(&str, Vec<u8>)]) -> Result<Vec<(String, usize)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let result = unpack(Cursor::new(zipped(files)), &below, SMALL);
        let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(beside, ["below"], "nothing is written elsewhere");
        result?;
        let files = walkdir::WalkDir::new(&below).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let name = entry.path().strip_prefix(&below).unwrap().to_string_lossy().into_owned();
            (name, usize::try_from(entry.metadata().unwrap().len()).unwrap())
        });
        Ok(files.collect())
    }

    #[test]
    fn files_are_unpacked_whatever_separates_their_folders() {
        let files = [("a/b.xml", vec![1; 5]), ("c\\d\\e.pol", vec![2; 6])];
        assert_eq!(outcome(&files).unwrap(), [("a/b.xml".into(), 5), ("c/d/e.pol".into(), 6)]);
    }

    #[test]
    fn names_that_lead_out_refuse_the_whole() {
        for name in [
            "../x",
            "a/../../x",
            "/etc/x",
            "..\\x",
            "C:\\x",
            "C:x",
            "a//x",
            "a/./x",
            "x:stream",
            "a\u{0}b",
            "\\\\server\\x",
        ] {
            let error = outcome(&[("good.xml", vec![1]), (name, vec![1])]).unwrap_err();
            assert!(error.contains("leads out"), "{name}: {error}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limits() {
        // A file that is too large is cut off one byte after the limit, where the reader refuses it.
        assert_eq!(outcome(&[("a", vec![0; 1_000_000])]).unwrap(), [("a".into(), 101)]);
        let many = ["a", "b", "c"].map(|name| (name, vec![0; 1_000_000]));
        assert!(outcome(&many).unwrap_err().contains("in total"));
        let many = ["a", "b", "c", "d", "e"].map(|name| (name, vec![0]));
        assert!(outcome(&many).unwrap_err().contains("more than 4 files"));
    }

    #[test]
    fn links_and_doubles_are_refused() {
        assert!(outcome(&[("a/B", vec![1]), ("A\\b", vec![1])]).unwrap_err().contains("twice"));
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let folder = tempfile::tempdir().unwrap();
        let error = unpack(Cursor::new(bytes), folder.path(), SMALL).unwrap_err();
        assert!(error.contains("is a link"), "{error}");
    }

    proptest! {
        #[test]
        fn no_name_leads_out(name in r"([a-z.\\/:]{0,3}(/|\\|\.\.)?){0,6}") {
            if let Some(inside) = inside(&name) {
                let is_normal = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
                prop_assert!(inside.components().all(is_normal));
            }
        }

        #[test]
        fn damaged_files_never_panic(at in 0_usize..400, byte in any::<u8>()) {
            let mut bytes = zipped(&[("a/b.xml", vec![7; 60]), ("c", vec![1; 60])]);
            let length = bytes.len();
            bytes[at % length] = byte;
            let folder = tempfile::tempdir().unwrap();
            let _ = unpack(Cursor::new(bytes), folder.path(), SMALL);
        }
    }
}
