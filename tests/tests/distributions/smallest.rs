//! The profile that is shipped, with the plugins that keep to the files of one machine: the smallest program, in which panics abort.

use std::fs;
use std::process::Command;

use crate::building::{Built, text, xtask_with};

const FEATURES: [&str; 2] = ["--features", "source-folder,target-folder"];

#[test]
fn downloading_alone_leaves_no_program() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("out").display().to_string();
    let fetched = xtask_with("small", &[&FEATURES[..], &["--fetch-only", "--output", &output]].concat());
    assert!(fetched.status.success(), "{}", text(&fetched.stderr));
    assert!(text(&fetched.stderr).contains("cargo fetch --locked"), "{}", text(&fetched.stderr));
    assert!(!folder.path().join("out").exists() && fetched.stdout.is_empty());
}

#[test]
fn the_smallest_program_works_and_a_panic_ends_it_with_1() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("built");
    let built = xtask_with("small", &[&FEATURES[..], &["--output", &output.display().to_string()]].concat());
    assert!(built.status.success(), "{}", text(&built.stderr));
    let built = Built::at(output);
    let configuration = folder.path().join("configuration");
    fs::create_dir_all(configuration.join("node/pipes")).expect("a folder can be made");
    let pipe = r#"{ "_id": "a", "type": "pipe", "source": { "type": "embedded", "entities": [] } }"#;
    fs::write(configuration.join("node/pipes/a.conf.json"), pipe).expect("it can be written");
    let settings = "environment = \"test\"\n[configuration]\nwhitelist = false\nvariables = false\n\
                    [nodes.master]\ntarget = { kind = \"folder\", path = \"out\" }\n";
    fs::write(configuration.join("deployer.toml"), settings).expect("it can be written");
    let deployed = built.run(&configuration, &["deploy", "--yes"]);
    assert_eq!(deployed.status.code(), Some(0), "{}", text(&deployed.stderr));
    assert!(configuration.join("out/pipes/a.conf.json").is_file());

    // No machine can give a thread a stack of this size, and the runtime panics. A backtrace needs tables that the program lacks.
    for backtrace in ["0", "1"] {
        let mut panics = Command::new(built.file("sesam-deployer"));
        panics.arg("version").env_clear().env("RUST_MIN_STACK", (1_u64 << 60).to_string());
        let panicked = panics.env("RUST_BACKTRACE", backtrace).output().expect("the program can be started");
        assert!(text(&panicked.stderr).contains("panicked at"), "{}", text(&panicked.stderr));
        assert_eq!(panicked.status.code(), Some(1), "{}", text(&panicked.stderr));
        assert!(panicked.stdout.is_empty());
    }
}
