//! Files in a zip archive.

use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::disk::Files;

/// The most files of an archive.
const MOST_FILES: usize = 100_000;

/// The most bytes that all files of an archive have together, unpacked.
const LIMIT: u64 = 512 * 1024 * 1024;

/// The files of an archive; `None` if it is broken or too large.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Files> {
    unpack_within(bytes, MOST_FILES, LIMIT)
}

fn unpack_within(bytes: &[u8], most_files: usize, limit: u64) -> Option<Files> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > most_files {
        return None;
    }
    let mut files = Files::new();
    let mut left = limit;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).ok()?;
        if member.is_dir() {
            continue;
        }
        let name = member.name().ok()?.into_owned();
        let mut content = Vec::new();
        member.by_ref().take(left + 1).read_to_end(&mut content).ok()?;
        left = left.checked_sub(u64::try_from(content.len()).ok()?)?;
        files.insert(name, Arc::from(content));
    }
    Some(files)
}

/// An archive of files in the order of their paths, without times: the same files give the same bytes.
pub(crate) fn pack(files: &Files) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (path, content) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_bytes_and_come_out_again() {
        let text = |text: &str| Arc::from(text.as_bytes());
        let files =
            Files::from([("pipes/æ 漢.conf.json".to_owned(), text("{}")), ("a".to_owned(), text(""))]);
        let packed = pack(&files).expect("it fits");
        assert_eq!(packed, pack(&files).expect("it fits"));
        assert_eq!(unpack(&packed), Some(files));
        assert_eq!(unpack(&pack(&Files::new()).expect("it fits")), Some(Files::new()));
        assert_eq!(unpack(&packed[..packed.len() / 2]), None);
        assert_eq!(unpack(b"hello"), None);
    }

    #[test]
    fn an_archive_with_too_many_files_or_bytes_is_not_unpacked() {
        // Files of blanks are small in the archive.
        let blanks: Arc<[u8]> = Arc::from(vec![b' '; 100_000]);
        let files: Files = (0..10).map(|number| (number.to_string(), Arc::clone(&blanks))).collect();
        let packed = pack(&files).expect("it fits");
        assert!(packed.len() < 10_000);
        assert_eq!(unpack_within(&packed, 10, 1_000_000), Some(files));
        assert_eq!(unpack_within(&packed, 9, 1_000_000), None);
        assert_eq!(unpack_within(&packed, 10, 999_999), None);
    }
}
