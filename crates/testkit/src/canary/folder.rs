//! Looking through folders: names, files, compressed streams, and the objects of git repositories.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use walkdir::WalkDir;

use super::planted::{Canary, Finding};
use super::search::Searcher;
use crate::git::all_objects;

/// More than this is not inflated from one stream: it stops a stream that explodes.
const INFLATED_LIMIT: u64 = 64 * 1024 * 1024;

/// A finding with the file, or the object of the repository, that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// The file; for a git object the repository's folder.
    pub path: PathBuf,
    /// The part of it, such as `name`, `content` or `commit 1f2e…`.
    pub part: String,
    /// What was found.
    pub finding: Finding,
}

impl std::fmt::Display for FileFinding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({}): {}", self.path.display(), self.part, self.finding)
    }
}

impl Canary {
    /// Looks for the value in all files below a folder: see [`Searcher::find_in_folder`].
    pub fn find_in_folder(&self, folder: &Path) -> Vec<FileFinding> {
        Searcher::new(std::slice::from_ref(self)).find_in_folder(folder)
    }
}

impl Searcher {
    /// Looks for all canaries in all files below a folder, their names, and the objects of git repositories there.
    ///
    /// Files that vanish or cannot be read meanwhile are passed over.
    pub fn find_in_folder(&self, folder: &Path) -> Vec<FileFinding> {
        let mut findings = Vec::new();
        for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok) {
            let path = entry.path();
            let mut add = |part: &str, content: &[u8]| {
                findings.extend(self.find(content).into_iter().map(|finding| FileFinding {
                    path: path.to_owned(),
                    part: part.to_owned(),
                    finding,
                }));
            };
            add("name", entry.file_name().as_encoded_bytes());
            if entry.file_type().is_symlink() {
                if let Ok(target) = std::fs::read_link(path) {
                    add("target of the link", target.as_os_str().as_encoded_bytes());
                }
            } else if entry.file_type().is_file() {
                let Ok(content) = std::fs::read(path) else { continue };
                add("content", &content);
                for inflated in inflate(path, &content) {
                    add("inflated", &inflated);
                }
            } else if is_repository(path) {
                // A repository too broken for git still had its files inflated above.
                for object in all_objects(path).unwrap_or_default() {
                    add(&format!("{} {}", object.kind, object.id), &object.content);
                }
            }
        }
        findings
    }
}

/// A folder that git takes for a repository, bare or the `.git` of a work tree.
fn is_repository(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir()
}

/// The zlib streams of a file: the whole of it, or all that a pack holds.
fn inflate(path: &Path, content: &[u8]) -> Vec<Vec<u8>> {
    let pack = content.starts_with(b"PACK") || path.extension().is_some_and(|extension| extension == "pack");
    let last = if pack { content.len() } else { 1 };
    (0..last.min(content.len().saturating_sub(1)))
        .filter(|at| starts_zlib(content[*at], content[at + 1]))
        .filter_map(|at| {
            let mut inflated = Vec::new();
            // A stream that breaks off has still given what came before.
            let _ = ZlibDecoder::new(&content[at..]).take(INFLATED_LIMIT).read_to_end(&mut inflated);
            (!inflated.is_empty()).then_some(inflated)
        })
        .collect()
}

/// Whether two bytes are a zlib header (RFC 1950): the method deflate, a 32 KiB window, and the check of both bytes.
fn starts_zlib(first: u8, second: u8) -> bool {
    first == 0x78 && (u16::from(first) << 8 | u16::from(second)).is_multiple_of(31)
}
