use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

/// Enough to embed the files of `age`; no network, so that it is quick to build.
const FEATURES: &str = "source-folder,store-file,target-folder";

/// A checkout with its own target folder: the sources of this one, in no repository, so that no commit tells them apart.
fn checkout(folder: &Path) -> Shell {
    let original = Shell::new().unwrap();
    let files =
        read(original.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"])).unwrap();
    for path in files.split('\0').filter(|path| original.root().join(path).is_file()) {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(original.root().join(path), to).unwrap();
    }
    let shell = Shell::at(folder.to_owned()).unwrap();
    // The profile that is shipped, without what makes it slow to build: paths and times are the same question at any optimisation.
    for (name, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16")] {
        shell.set(&format!("CARGO_PROFILE_SMALL_{name}"), value);
    }
    shell.set("CARGO_NET_OFFLINE", "true");
    shell.set("CARGO_TARGET_DIR", folder.join("target"));
    shell
}

/// The bytes of a program.
fn program(shell: &Shell) -> Vec<u8> {
    let order = Order::of(shell, FEATURES).unwrap();
    fs::read(Project::new(shell, &order).unwrap().build(shell, &order).unwrap()).unwrap()
}

#[test]
fn two_checkouts_with_two_cargo_homes_give_one_program() {
    let here = target_folder(&Shell::new().unwrap()).unwrap().join("checkouts");
    fs::remove_dir_all(&here).ok();
    let [one, other] = ["one", "a longer path/other"].map(|name| checkout(&here.join(name)));
    // A cargo home of its own, which unpacks the same crates to another place at another time.
    let home = here.join("cargo home");
    fs::create_dir_all(home.join("registry")).unwrap();
    let own = cargo_home(&one).unwrap().join("registry");
    for part in ["index", "cache"] {
        symlink(own.join(part), home.join("registry").join(part)).unwrap();
    }
    other.set("CARGO_HOME", &home);

    let program = program(&one);
    assert!(program == self::program(&other), "the programs differ");
    for place in [&here, &own] {
        let place = place.display().to_string();
        let is_in = program.windows(place.len()).any(|bytes| bytes == place.as_bytes());
        assert!(!is_in, "{place} is in the program");
    }
    fs::remove_dir_all(&here).unwrap();
}
