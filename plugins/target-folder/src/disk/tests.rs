use std::fs::Permissions;

use deployer_core::Kind;
use tempfile::TempDir;

use super::*;

fn disk() -> (TempDir, Disk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().join("out"), ["a".to_owned(), "b".to_owned()], "");
    (folder, disk)
}

fn files(entries: &[(&str, &str)]) -> Files {
    entries.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(text.as_bytes()))).collect()
}

fn put(disk: &Disk, path: &str, text: &str) {
    let path = disk.folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn files_are_replaced_and_others_stay() {
    let (_folder, disk) = disk();
    assert_eq!(disk.read().unwrap(), Files::new());
    let one = files(&[("a/x", "1"), ("a/deep/y", "2"), ("b", "3")]);
    disk.replace(&Files::new(), &one).unwrap();
    put(&disk, "README.md", "hello");
    assert_eq!(disk.read().unwrap(), one);
    let two = files(&[("a/x", "1"), ("b/z", "4")]);
    disk.replace(&one, &two).unwrap();
    assert_eq!(disk.read().unwrap(), two);
    assert!(!disk.folder.join("a/deep").exists(), "a folder that is left empty goes");
    disk.replace(&one, &two).unwrap();
    disk.put_back(&one).unwrap();
    assert_eq!(disk.read().unwrap(), one);
    assert_eq!(fs::read_to_string(disk.folder.join("README.md")).unwrap(), "hello");
    let left: BTreeSet<_> =
        fs::read_dir(&disk.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["README.md".into(), "a".into(), "b".into()].into());
}

#[test]
fn what_somebody_changed_meanwhile_is_a_conflict() {
    let (_folder, disk) = disk();
    put(&disk, "a/x", "theirs");
    let error = disk.replace(&Files::new(), &files(&[("a/x", "ours")])).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(disk.read().unwrap(), files(&[("a/x", "theirs")]));
}

#[test]
fn what_a_killed_run_left_is_seen_and_removed() {
    let (_folder, disk) = disk();
    put(&disk, ".sesam-deployer/a/x", "half");
    let seen = disk.read().unwrap();
    assert_eq!(seen, files(&[(".sesam-deployer/a/x", "half")]));
    let whole = files(&[("a/x", "whole")]);
    disk.replace(&seen, &whole).unwrap();
    assert_eq!(disk.read().unwrap(), whole);
    assert!(!disk.folder.join(".sesam-deployer").exists());
}

#[test]
fn whatever_part_of_its_work_a_killed_run_has_done_the_next_one_does_the_rest() {
    let before = files(&[("a/changed", "1"), ("a/gone", "2"), ("b/same", "3")]);
    let after = files(&[("a/changed", "new"), ("b/deep/added", "new"), ("b/same", "3")]);
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    // Every file can be old or new. A new file that is not in its place is in the staging folder, or not written yet.
    for done in 0..1 << paths.len() {
        for is_staged in [true, false] {
            let (_folder, disk) = disk();
            for (number, path) in paths.iter().enumerate() {
                let is_done = done & (1 << number) != 0;
                let text = if is_done { after.get(*path) } else { before.get(*path) };
                if let Some(text) = text {
                    put(&disk, path, std::str::from_utf8(text).unwrap());
                }
                if let Some(text) = after.get(*path).filter(|_| is_staged && !is_done) {
                    put(&disk, &format!(".sesam-deployer/{path}"), std::str::from_utf8(text).unwrap());
                }
            }
            let seen = disk.read().unwrap();
            disk.replace(&seen, &after).unwrap();
            assert_eq!(disk.read().unwrap(), after, "from {seen:?}");
            assert!(!disk.folder.join(".sesam-deployer").exists());
        }
    }
}

#[test]
fn a_failure_leaves_everything_as_it_was() {
    let (_folder, disk) = disk();
    let before = files(&[("a/x", "1"), ("a/y", "2")]);
    disk.replace(&Files::new(), &before).unwrap();
    // A name longer than file systems allow fails before anything is changed.
    let long = "n".repeat(300);
    let error = disk.replace(&before, &files(&[("a/x", "new"), (&format!("b/{long}"), "")])).unwrap_err();
    assert_eq!(error.kind(), Kind::Io, "{error:?}");
    assert_eq!(disk.read().unwrap(), before);
    assert!(!disk.folder.join(".sesam-deployer").exists());
    // A folder of somebody else's in the place of a file fails when half of the files are changed.
    fs::create_dir_all(disk.folder.join("b/z/empty")).unwrap();
    let after = files(&[("a/x", "new"), ("b/z", "")]);
    let error = disk.replace(&before, &after).unwrap_err();
    assert_eq!(error.kind(), Kind::Io, "{error:?}");
    assert_eq!(disk.read().unwrap(), before, "the former files are put back");
}

#[cfg(unix)]
#[test]
fn what_could_not_be_put_back_is_refused() {
    let (_folder, disk) = disk();
    put(&disk, "a/x", "1");
    std::os::unix::fs::symlink("x", disk.folder.join("a/link")).unwrap();
    let error = disk.read().unwrap_err();
    assert!(error.message().contains("a/link is a link"), "{error:?}");
    fs::remove_file(disk.folder.join("a/link")).unwrap();
    let large = File::create(disk.folder.join("a/large")).unwrap();
    large.set_len(10 << 30).unwrap();
    let error = disk.read().unwrap_err();
    assert!(error.message().contains("a/large is larger than 512 MiB"), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_managed_folder_is_refused_and_its_files_stay() {
    let (folder, disk) = disk();
    let outside = folder.path().join("outside");
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("x"), "theirs").unwrap();
    fs::create_dir_all(&disk.folder).unwrap();
    std::os::unix::fs::symlink(&outside, disk.folder.join("a")).unwrap();
    let error = disk.replace(&files(&[("a/x", "theirs")]), &files(&[("a/x", "ours")])).unwrap_err();
    assert!(error.message().contains("a is a link"), "{error:?}");
    assert_eq!(fs::read_to_string(outside.join("x")).unwrap(), "theirs");
}

#[cfg(unix)]
#[test]
fn a_place_that_cannot_be_written_to_is_found_before() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, disk) = disk();
    disk.check_writable().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    assert_eq!(disk.check_writable().unwrap_err().kind(), Kind::Denied);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(&disk.folder, "a file").unwrap();
    assert_eq!(disk.check_writable().unwrap_err().kind(), Kind::Io);
}
