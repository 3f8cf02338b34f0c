//! Four sets of plugins: each builds alone, lists itself truthfully, and refuses the others' settings with the way out.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use deployer_core::plugin::Family;
use deployer_testkit::{python, skip_or_fail};
use sesam_deployer::plugins::{KNOWN, Known};

use crate::building::{Built, build, text, xtask};

/// The sets, and whether a network stack is in their programs.
const SETS: [(&str, &[&str], bool); 4] = [
    ("folder,folders", &["source-folder", "store-file", "target-folder"], false),
    ("vault,git,slack", &["source-folder", "store-vault", "target-node", "target-git", "notify-slack"], true),
    ("aws,node,teams", &["source-folder", "store-aws", "target-node", "notify-teams"], true),
    ("all", &["all"], true),
];

#[test]
fn each_set_builds_alone_lists_itself_and_refuses_the_settings_of_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, features, network) in SETS {
        let built = build(&folder.path().join(name), &["--features", &features.join(",")]);
        let (held, absent): (Vec<&Known>, Vec<&Known>) =
            KNOWN.iter().partition(|known| name == "all" || features.contains(&known.feature));
        let expected: Vec<(Option<String>, String)> =
            held.iter().map(|known| (Some(known.feature.to_owned()), known.kind.to_owned())).collect();
        assert_eq!(built.plugins(), expected, "{name}");
        for known in absent {
            refuses(&built, folder.path(), known);
        }
        for stranger in ["hyper", "reqwest", "rustls"] {
            assert_eq!(built.crates().iter().any(|part| part == stranger), network, "{name}: {stranger}");
        }
        assert_eq!(
            sum(&built.file("sesam-deployer")),
            built.json("build.json")["program"]["sha256"],
            "{name}"
        );
        assert_eq!(sum(&built.file("Cargo.lock")), built.json("build.json")["lock"]["sha256"], "{name}");
        match name {
            "folder,folders" => {
                lacks_connectors(&built, folder.path());
                lacks_encryption(&built, folder.path());
            }
            "aws,node,teams" => lacks_sso(&built, folder.path()),
            _ => {}
        }
        validate(&built, name);
        if name == "all" {
            let again = build(
                &folder.path().join("again"),
                &["--like", &built.file("sesam-deployer").display().to_string()],
            );
            assert_eq!(again.json("build.json")["program"], built.json("build.json")["program"]);
        }
        // Programs with what is needed to find faults in them are large.
        std::fs::remove_file(built.file("sesam-deployer")).expect("it was built");
    }
}

/// Settings that name a plugin which the program lacks are refused, with the feature that brings it.
fn refuses(built: &Built, folder: &Path, known: &Known) {
    let kind = known.kind;
    let section = match known.family {
        Family::Source => format!("[source]\nkind = {kind:?}\n[nodes.master]\ntarget = false\n"),
        Family::Store => format!("[stores.main]\nkind = {kind:?}\n[nodes.master]\ntarget = false\n"),
        Family::Target => format!("[nodes.master]\ntarget = {{ kind = {kind:?} }}\n"),
        Family::Notify => format!("[nodes.master]\ntarget = false\n[[notify]]\nkind = {kind:?}\n"),
        Family::State => format!("[nodes.master]\ntarget = false\n[state]\nkind = {kind:?}\n"),
    };
    let file = folder.join("deployer.toml");
    std::fs::write(&file, format!("environment = \"test\"\n{section}")).expect("it can be written");
    let output = built.run(folder, &["check"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{}: {told}", known.feature);
    assert!(told.contains(&format!("`{kind}` is not in this build")), "{told}");
    let hint = told.lines().find(|line| line.contains("cargo xtask build --features "));
    assert!(hint.is_some_and(|hint| hint.contains(known.feature)), "{told}");
}

/// A connector is an error, with the feature that expands it.
fn lacks_connectors(built: &Built, folder: &Path) {
    let folder = folder.join("connector");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let settings =
        "environment = \"test\"\n[configuration]\nlayout = \"sesam-py\"\n[nodes.master]\ntarget = false\n";
    for (name, text) in [("deployer.toml", settings), ("manifest.json", r#"{"datatypes": {}}"#)] {
        std::fs::write(folder.join(name), text).expect("it can be written");
    }
    let output = built.run(&folder, &["check"]);
    let told = text(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("without the feature `connectors`") && told.contains("manifest.json"), "{told}");
}

/// Encrypted files and keys are errors, with the feature that decrypts.
fn lacks_encryption(built: &Built, folder: &Path) {
    let folder = folder.join("encrypted");
    std::fs::create_dir_all(folder.join("node")).expect("a folder can be made");
    let pipe = r#"{ "_id": "a", "type": "pipe", "source": { "type": "embedded", "entities": [] }, "x": "$SECRET(a)" }"#;
    std::fs::write(folder.join("node/a.conf.json"), pipe).expect("it can be written");
    std::fs::write(folder.join("secrets.json"), r#"{"a": "ENC[x]", "sops": {}}"#).expect("it can be written");
    for age in ["", "age = { passphrase = { env = \"KEY\" } }\n"] {
        let settings = format!(
            "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n[stores.main]\nkind = \"file\"\n\
             path = \"secrets.json\"\nallow_readable_by_others = true\n{age}[nodes.master]\ntarget = false\n"
        );
        std::fs::write(folder.join("deployer.toml"), settings).expect("it can be written");
        let mut program = Command::new(built.file("sesam-deployer"));
        program.arg("plan").current_dir(&folder).env_clear().env("KEY", "a passphrase");
        let output = program.output().expect("the program can be started");
        let told = text(&output.stderr);
        assert_ne!(output.status.code(), Some(0), "{told}");
        assert!(told.contains("without the feature `encrypted-files`"), "{told}");
    }
}

/// A profile that uses SSO is an error, with the feature that logs in.
fn lacks_sso(built: &Built, folder: &Path) {
    let folder = folder.join("sso");
    std::fs::create_dir_all(folder.join("node")).expect("a folder can be made");
    let settings = "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n\
                    [stores.main]\nkind = \"aws\"\nprofile = \"team\"\nregion = \"eu-north-1\"\n\
                    [nodes.master]\ntarget = false\n";
    let pipe = r#"{ "_id": "a", "type": "pipe", "source": { "type": "embedded", "entities": [] }, "x": "$SECRET(a)" }"#;
    let profile = "[profile team]\nsso_start_url = https://example.com/start\nsso_region = eu-north-1\n\
                   sso_account_id = 123456789012\nsso_role_name = reader\n";
    for (name, text) in [("deployer.toml", settings), ("node/a.conf.json", pipe), ("config", profile)] {
        std::fs::write(folder.join(name), text).expect("it can be written");
    }
    let mut program = Command::new(built.file("sesam-deployer"));
    program.arg("plan").current_dir(&folder).env_clear().env("AWS_CONFIG_FILE", folder.join("config"));
    let output = program.env("HOME", &folder).output().expect("the program can be started");
    let told = text(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("without the feature `aws-sso`") && told.contains("\"team\""), "{told}");
}

/// The SHA-256 of a file, from another program than the one that wrote it down.
fn sum(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().expect("sha256sum can be started");
    text(&output.stdout).split_whitespace().next().unwrap_or_default().to_owned()
}

/// The bill of materials is judged by the library of CycloneDX.
fn validate(built: &Built, name: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let python = match python::venv(&here.join("cyclonedx.txt")) {
        Ok(python) => python,
        Err(reason) => return skip_or_fail("the Python package cyclonedx-python-lib", &reason),
    };
    let bill = built.json("bom.json");
    let mut wrong = bill.clone();
    wrong["components"][0]["hashes"] = serde_json::json!([{ "alg": "SHA-257", "content": "0" }]);
    for (bill, expected) in [(bill, "valid"), (wrong, "invalid")] {
        let mut child = Command::new(&python)
            .arg(here.join("validate_bill.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python can be started");
        let input = child.stdin.take().expect("a pipe").write_all(bill.to_string().as_bytes());
        input.expect("Python reads");
        let verdict = text(&child.wait_with_output().expect("Python ends").stdout);
        assert_eq!(verdict.split([':', '\n']).next(), Some(expected), "{name}: {verdict}");
    }
}

#[test]
fn what_cannot_be_built_is_told_before_anything_is() {
    let cases: [(&[&str], &str); 5] = [
        (&["--features", "store-valt"], "there is no feature `store-valt`; did you mean `store-vault`?"),
        (&["--features", "git"], "`git` is ambiguous: write `source-git` or `target-git`"),
        (&["--features", ""], "no plugin is named"),
        (&[], "name the plugins of the program"),
        (&["--distribution", "fixtures/distributions/nett.toml", "--like", "x"], "and not both"),
    ];
    for (arguments, expected) in cases {
        let output = xtask(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
}
