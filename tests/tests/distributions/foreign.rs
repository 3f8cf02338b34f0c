//! A distribution with a settings file and a plugin of another maker, whose crate lies outside of the workspace.

use std::fs;
use std::path::Path;

use crate::building::{build, text, xtask};

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

#[test]
fn a_plugin_from_outside_is_registered_and_the_settings_file_is_inside() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (fixtures, elsewhere) =
        (deployer_tests::workspace().join("fixtures"), folder.path().join("elsewhere"));
    copy(&fixtures.join("distributions"), &elsewhere);
    let configuration = folder.path().join("configuration");
    copy(&fixtures.join("demo"), &configuration);
    let file = elsewhere.join("acme.toml").display().to_string();

    let built = build(&folder.path().join("acme"), &["--distribution", &file]);
    assert!(built.plugins().contains(&(None, "acme".to_owned())), "{:?}", built.plugins());
    assert!(built.crates().contains(&"store-acme".to_owned()));

    // Without a settings file in the folder, the one inside is used; its source is the current folder.
    let checked = built.run(&configuration, &["check", "--resolve"]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    assert!(text(&checked.stdout).contains("acme:"), "{}", text(&checked.stdout));
    let wrong = built.run(&configuration, &["check", "--environment", "prd"]);
    assert_eq!(wrong.status.code(), Some(78));
    assert!(text(&wrong.stderr).contains("the built-in deployer.toml"), "{}", text(&wrong.stderr));
    // Nothing is deployed without being told to.
    let bare = built.run(&configuration, &[]);
    assert_eq!(bare.status.code(), Some(64), "{}", text(&bare.stderr));
    // A file in the folder goes before it.
    fs::write(configuration.join("deployer.toml"), "environment = \"other\"\n").expect("it can be written");
    let own = built.run(&configuration, &["check"]);
    assert!(!text(&own.stderr).contains("built-in"), "{}", text(&own.stderr));

    twice(&elsewhere, folder.path());
}

/// Two plugins of one kind stop the program at its start, and so its build: neither hides the other.
fn twice(elsewhere: &Path, folder: &Path) {
    let library = elsewhere.join("store-acme/src/lib.rs");
    let more = "/// Another store of files.\npub const FILE: Plugin = Plugin { kind: \"file\", ..ACME };\n";
    let source = fs::read_to_string(&library).expect("the library");
    fs::write(&library, format!("{source}\n{more}")).expect("it can be written");
    let file = elsewhere.join("acme.toml");
    let distribution =
        fs::read_to_string(&file).expect("the distribution").replace("\"ACME\"", "\"ACME\", \"FILE\"");
    fs::write(&file, distribution).expect("it can be written");

    let output = folder.join("twice").display().to_string();
    let built = xtask(&["--distribution", &file.display().to_string(), "--output", &output]);
    assert_eq!(built.status.code(), Some(1));
    let told = text(&built.stderr);
    let version = env!("CARGO_PKG_VERSION");
    let origins = format!("one comes from deployer-store-file {version}, the other from store-acme 0.3.0");
    assert!(told.contains("two plugins are called store-file") && told.contains(&origins), "{told}");
    assert!(!folder.join("twice/sesam-deployer").exists(), "a program that cannot start is not left behind");
}
