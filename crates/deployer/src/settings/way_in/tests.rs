use std::fs;

use super::*;

const PINNED: Carried = Carried { text: Some("pinned"), is_pinned: true };
const CARRIED: Carried = Carried { text: Some("carried"), is_pinned: false };

/// A repository with a folder below its root, and a settings file at its root if wanted.
fn repository(has_file: bool) -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let below = root.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    fs::create_dir(root.path().join(".git")).unwrap();
    if has_file {
        fs::write(root.path().join(FILE_NAME), "").unwrap();
    }
    (root, below)
}

fn find(has_file: bool, set: &[&str], named: bool, no_file: bool, carried: Carried) -> Result<WayIn, String> {
    let (_root, below) = repository(has_file);
    let variables = set.iter().map(|name| (*name, "x")).collect();
    let named = named.then_some(Path::new("named.toml"));
    WayIn::find(named, no_file, carried, &below, &variables).map_err(|error| format!("{error:?}")).map(
        |way| match way {
            WayIn::File(path) if path != Path::new("named.toml") => {
                assert_eq!(path, below.join("../..").join(FILE_NAME));
                WayIn::File("found".into())
            }
            way => way,
        },
    )
}

#[test]
fn one_way_in_is_chosen_and_never_in_silence() {
    const NONE: Carried = Carried { text: None, is_pinned: false };
    let file = |name: &str| Some(WayIn::File(name.into()));
    let built_in = |text| Some(WayIn::BuiltIn(text));
    let master: &[&str] = &["MASTER_NODE"];
    for (has_file, set, named, no_file, carried, expected) in [
        (false, &[][..], false, false, NONE, Some(WayIn::Nothing)),
        (false, &["DRY_RUN"], false, false, NONE, Some(WayIn::Nothing)),
        (false, &["ENVIRONMENT"], false, false, NONE, Some(WayIn::Variables)),
        (false, master, false, false, NONE, Some(WayIn::Variables)),
        (false, &["GIT_REPO", "ENVIRONMENT"], false, false, NONE, Some(WayIn::Autodeployer)),
        (false, &["AUTODEPLOYER_PATH", "MASTER_NODE"], false, false, NONE, Some(WayIn::Variables)),
        (true, &["AUTODEPLOYER_PATH"], false, false, NONE, file("found")),
        (true, &[], false, false, NONE, file("found")),
        (true, &["ENVIRONMENT", "DRY_RUN"], false, false, NONE, file("found")),
        (true, master, false, false, NONE, None),
        (true, &["NODE_FOLDER"], false, false, NONE, None),
        (true, &["EXTRA_NODES"], false, false, NONE, None),
        (true, master, true, false, NONE, file("named.toml")),
        (true, master, false, true, NONE, Some(WayIn::Variables)),
        (true, &[], false, true, NONE, Some(WayIn::Nothing)),
        (true, &[], true, false, CARRIED, file("named.toml")),
        (true, &[], false, false, CARRIED, file("found")),
        (true, master, false, false, CARRIED, None),
        (false, master, false, false, CARRIED, built_in("carried")),
        (true, &[], false, false, PINNED, built_in("pinned")),
        (true, master, false, false, PINNED, built_in("pinned")),
        (true, &[], true, false, PINNED, None),
    ] {
        let way = find(has_file, set, named, no_file, carried);
        assert_eq!(
            way.as_ref().ok(),
            expected.as_ref(),
            "{has_file} {set:?} {named} {no_file} {carried:?}: {way:?}"
        );
    }
}

#[test]
fn a_file_that_was_found_beside_variables_is_refused_with_both_ways_to_choose() {
    let shown = find(true, &["MASTER_NODE", "NODE_FOLDER"], false, false, Carried::default()).unwrap_err();
    for part in
        ["NODE_FOLDER, MASTER_NODE", "deployer.toml", "`--settings ", "`--no-settings-file`", "nothing was"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_file_above_the_root_of_the_repository_is_not_found() {
    let (root, below) = repository(true);
    fs::create_dir(root.path().join("a/.git")).unwrap();
    assert_eq!(found(&below), None);
    fs::write(root.path().join("a").join(FILE_NAME), "").unwrap();
    assert_eq!(found(&below), Some(below.join("..").join(FILE_NAME)));
}

#[test]
fn outside_of_a_repository_only_the_folder_itself_counts() {
    let root = tempfile::tempdir().unwrap();
    let below = root.path().join("a");
    fs::create_dir(&below).unwrap();
    fs::write(root.path().join(FILE_NAME), "").unwrap();
    assert_eq!((found(&below), found(root.path())), (None, Some(root.path().join(FILE_NAME))));
}
