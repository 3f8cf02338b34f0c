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
    // The same set again is there already.
    let again = folder.path().join("again").display().to_string();
    let again = xtask(&["--distribution", &file, "--output", &again]);
    assert!(again.status.success() && !text(&again.stderr).contains("Compiling"), "{}", text(&again.stderr));
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

    refused(&elsewhere, folder.path());
}

/// What is wrong with a plugin is an error before anything is compiled, with its place: a second plugin of one kind, a constant and a
/// crate that do not exist, and a version that this source tree does not have.
fn refused(elsewhere: &Path, folder: &Path) {
    let library = elsewhere.join("store-acme/src/lib.rs");
    let more = "/// Another store of files.\npub const FILE: Plugin = Plugin::new(\"file\", ACME.origin, ACME.settings, ACME.build);\n";
    let source = fs::read_to_string(&library).expect("the library");
    fs::write(&library, format!("{source}\n{more}")).expect("it can be written");
    let file = elsewhere.join("acme.toml");
    let distribution = fs::read_to_string(&file).expect("the distribution");
    let output = folder.join("wrong").display().to_string();
    let told = |distribution: &str| {
        fs::write(&file, distribution).expect("it can be written");
        let built = xtask(&["--distribution", &file.display().to_string(), "--output", &output]);
        let told = text(&built.stderr);
        assert_eq!(built.status.code(), Some(1), "{told}");
        assert!(!told.contains("Compiling"), "{told}");
        told
    };
    for (is, becomes, expected) in [
        (
            "[\"ACME\"]",
            "[\"ACME\", \"FILE\"]",
            "acme.toml:5: `FILE` is a second plugin store \"file\"; the first is that of the feature store-file",
        ),
        ("[\"ACME\"]", "[\"ACNE\"]", "has no constant `ACNE`; did you mean `ACME`?"),
        (
            "\"store-acme\"",
            "\"../elsewhere/store-acm\"",
            "elsewhere/store-acm; did you mean store-acme, beside it?",
        ),
    ] {
        let said = told(&distribution.replace(is, becomes));
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let manifest = elsewhere.join("store-acme/Cargo.toml");
    let wanted = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, wanted.replace("deployer-core = \"0.1\"", "deployer-core = \"77\""))
        .expect("it can be written");
    let said = told(&distribution);
    let version = env!("CARGO_PKG_VERSION");
    assert!(said.contains(&format!("this source tree has deployer-core {version}")), "{said}");
    fs::write(&manifest, wanted).expect("it can be written");
    // A kind that neither this source tree nor the plugin has is told with its line in the settings that are carried.
    let settings = elsewhere.join("acme/deployer.toml");
    let carried = fs::read_to_string(&settings).expect("the settings");
    fs::write(&settings, carried.replace("\"acme\"", "\"acne\"")).expect("it can be written");
    let said = told(&distribution);
    assert!(
        said.contains("deployer.toml:4: there is no store of kind `acne`; did you mean `acme`?"),
        "{said}"
    );
    assert!(!folder.join("wrong/sesam-deployer").exists(), "no program is left behind");
}
