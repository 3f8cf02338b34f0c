//! Reading files, many at a time.

use std::fs::{self, FileType, Metadata};
use std::path::PathBuf;

use deployer_core::Result;

use crate::errors;
use crate::root::{Resolver, Root, is_absent};

/// Reads files one after the other; the answers stand in the order of the paths.
pub(crate) fn read_all(root: &Root, paths: &[String]) -> Vec<Result<Option<Vec<u8>>>> {
    let mut resolver = Resolver::new(root);
    paths.iter().map(|path| read(root, &mut resolver, path)).collect()
}

fn read<'a>(root: &Root, resolver: &mut Resolver<'a>, path: &'a str) -> Result<Option<Vec<u8>>> {
    let Some(place) = resolver.place(path)? else { return Ok(None) };
    let Some((place, metadata)) = behind_link(root, path, place)? else { return Ok(None) };
    if !metadata.is_file() {
        // Opening a pipe or a device could wait for ever.
        return Err(errors::not_a_file(path, noun(metadata.file_type())));
    }
    present(path, fs::read(place))
}

/// The place and the metadata of what a path names, a link followed when it stays below the root.
fn behind_link(root: &Root, path: &str, place: PathBuf) -> Result<Option<(PathBuf, Metadata)>> {
    let Some(metadata) = present(path, fs::symlink_metadata(&place))? else { return Ok(None) };
    if !metadata.is_symlink() {
        return Ok(Some((place, metadata)));
    }
    let Some(real) = root.resolve(path)? else { return Ok(None) };
    let metadata = present(path, fs::metadata(&real))?;
    Ok(metadata.map(|metadata| (real, metadata)))
}

/// An answer of the file system, none for what is absent.
fn present<T>(path: &str, answer: std::io::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(cause) if is_absent(&cause) => Ok(None),
        Err(cause) => Err(errors::unreadable(path, &cause)),
    }
}

fn noun(found: FileType) -> &'static str {
    if found.is_dir() { "a folder" } else { "no ordinary file" }
}

#[cfg(test)]
mod tests {
    use deployer_core::Kind;

    use super::*;

    struct Sample {
        folder: tempfile::TempDir,
        root: Root,
    }

    /// A root beside a file that is none of its business.
    fn sample() -> Sample {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("node/pipes")).unwrap();
        fs::write(root.join("node/pipes/a.json"), "a").unwrap();
        fs::write(root.join("node/pipes/å.json"), "å").unwrap();
        fs::write(folder.path().join("outside.json"), "outside").unwrap();
        Sample { root: Root::find(&root).unwrap(), folder }
    }

    impl Sample {
        fn read(&self, path: &str) -> Result<Option<String>> {
            let answer = read_all(&self.root, &[path.to_owned()]).remove(0);
            answer.map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
        }

        #[cfg(unix)]
        fn link(&self, from: &str, to: &str) {
            let root = self.folder.path().join("root");
            std::os::unix::fs::symlink(to, root.join(from)).unwrap();
        }
    }

    #[test]
    fn answers_stand_in_the_order_of_the_paths_and_one_failure_hides_no_other_answer() {
        let sample = sample();
        let paths = ["node/pipes/å.json", "node/pipes/none.json", "../outside.json", "./node//pipes/a.json"];
        let answers = read_all(&sample.root, &paths.map(str::to_owned));
        assert_eq!(answers[0].as_ref().unwrap().as_deref(), Some("å".as_bytes()));
        assert_eq!(answers[1].as_ref().unwrap(), &None);
        assert_eq!(answers[2].as_ref().unwrap_err().kind(), Kind::Verification);
        assert_eq!(answers[3].as_ref().unwrap().as_deref(), Some(&b"a"[..]));
    }

    #[test]
    fn what_does_not_exist_is_none() {
        let sample = sample();
        for path in ["none.json", "none/none.json", "node/pipes/a.json/below.json"] {
            assert_eq!(sample.read(path).unwrap(), None, "{path}");
        }
    }

    #[test]
    fn a_path_that_leaves_the_root_is_refused_even_where_nothing_is() {
        let sample = sample();
        let absolute = sample.folder.path().join("outside.json").display().to_string();
        for path in
            ["../outside.json", "node/../../outside.json", "node/../node/pipes/a.json", "..", &absolute, "/x"]
        {
            let error = sample.read(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path), "{error:?}");
        }
    }

    #[test]
    fn a_folder_is_no_file() {
        let error = sample().read("node/pipes").unwrap_err();
        assert_eq!(error.to_string(), "read \"node/pipes\": this is a folder");
        assert_eq!(
            sample().read("node/pipes/").unwrap_err().to_string(),
            "read \"node/pipes/\": this is a folder"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_as_long_as_they_stay_below_the_root() {
        let sample = sample();
        sample.link("node/same.json", "pipes/a.json");
        sample.link("node/folder", "../node/pipes");
        sample.link("node/out.json", "../../outside.json");
        sample.link("node/away", "../..");
        sample.link("node/broken.json", "nowhere.json");
        sample.link("node/round.json", "round.json");
        assert_eq!(sample.read("node/same.json").unwrap().as_deref(), Some("a"));
        assert_eq!(sample.read("node/folder/a.json").unwrap().as_deref(), Some("a"));
        assert_eq!(sample.read("node/broken.json").unwrap(), None);
        for path in ["node/out.json", "node/away/outside.json", "node/away/none.json"] {
            let error = sample.read(path).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{path}");
            assert!(error.message().contains(path), "{error:?}");
        }
        assert_eq!(sample.read("node/round.json").unwrap_err().kind(), Kind::Io);
    }

    #[test]
    fn a_root_that_is_absent_or_a_file_is_not_found() {
        let sample = sample();
        let folder = sample.folder.path();
        let absent = Root::find(&folder.join("none")).unwrap_err();
        assert_eq!(absent.kind(), Kind::NotFound);
        assert!(absent.message().ends_with("none does not exist"), "{absent:?}");
        assert!(absent.hints()[0].contains("NODE_FOLDER"), "{absent:?}");
        let file = Root::find(&folder.join("outside.json")).unwrap_err();
        assert!(file.message().ends_with("outside.json is no folder"), "{file:?}");
    }
}
