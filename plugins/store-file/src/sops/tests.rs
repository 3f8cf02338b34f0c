use std::path::Path;

use deployer_core::plugin::Credential;
use deployer_core::{Kind, Result};

use super::*;

// Made by SOPS 3.10.2 from one content. The identity protects nothing else.
const JSON: &str = include_str!("tests/secrets.enc.json");
const YAML: &str = include_str!("tests/secrets.enc.yaml");
/// With `encrypted_regex: ^(plain|port)$` and `mac_only_encrypted`.
const PARTLY: &str = include_str!("tests/partly.enc.yaml");
const IDENTITY: &str = "AGE-SECRET-KEY-1SNXT26XW9UXKWD8A7VPJ9HNTMJTRLKJJ2YT70SX8UYSWGXM5J43Q33JZWW";
const STRANGER: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";

fn key(identity: &str) -> Key {
    let from = Credential::Env { name: "IDENTITY".to_owned(), field: Vec::new() };
    Key::identities(&SecretValue::new(identity), &from).expect("an identity")
}

fn decrypted(format: Format, text: &str) -> Result<Secrets> {
    Sops::read(Path::new("secrets.enc"), format, text).expect("a file of SOPS").secrets(&key(IDENTITY))
}

#[test]
fn every_value_is_decrypted_as_sops_encrypted_it() {
    for (format, text) in [(Format::Json, JSON), (Format::Yaml, YAML), (Format::Yaml, PARTLY)] {
        let secrets = decrypted(format, text).unwrap_or_else(|error| panic!("{error:?}"));
        let names: Vec<&str> = secrets.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["empty", "nested", "note_unencrypted", "nothing", "plain", "port", "ratio", "truth"]
        );
        for (name, expected) in [
            ("plain", Some("a text with ø, \"quotes\" and\nlines")),
            ("empty", Some("")),
            ("port", Some("5432")),
            ("ratio", Some("1.5")),
            ("truth", Some("true")),
            ("nothing", None),
            ("nested", Some(r#"{"user":"bob","list":["one","two",{"deep":false}]}"#)),
            ("note_unencrypted", Some("everybody can read this")),
        ] {
            assert!(secrets[name] == expected.map(SecretValue::new), "{name}");
        }
    }
}

#[test]
fn a_file_that_was_changed_is_rejected() {
    let cut = |name: &str| {
        let rest: Vec<&str> = YAML.lines().filter(|line| !line.starts_with(name)).collect();
        rest.join("\n")
    };
    let (user, port) = (YAML.find("user: ENC").expect("there"), YAML.find("port: ENC").expect("there"));
    let value =
        |start: usize| YAML[start..].lines().next().expect("a line").split_once(": ").expect("a value").1;
    for (what, changed) in [
        ("an encrypted value", YAML.replacen("data:fKn", "data:fKm", 1)),
        ("a plain value", YAML.replace("everybody can", "nobody can")),
        ("a value of another name", YAML.replace(value(port), value(user))),
        ("a name", YAML.replace("port: ENC", "prot: ENC")),
        ("a value that is left out", cut("port:")),
        ("a plain value in place of an encrypted one", YAML.replace(value(port), "5432x")),
        ("a value that was added", format!("more: x\n{YAML}")),
        ("the time of the last change", YAML.replace("lastmodified: \"2026", "lastmodified: \"2027")),
        (
            "what the checksum is of",
            YAML.replace("    version:", "    mac_only_encrypted: true\n    version:"),
        ),
        ("a name that is repeated", format!("{YAML}\nplain: x\n")),
    ] {
        assert_ne!(changed, YAML, "{what}");
        let sops = Sops::read(Path::new("secrets.enc"), Format::Yaml, &changed);
        let error = sops.map(|sops| sops.secrets(&key(IDENTITY)).expect_err(what));
        assert!(error.is_none_or(|error| error.kind() == Kind::Verification), "{what}");
    }
}

#[test]
fn other_identities_and_other_keys_are_errors_with_the_next_step() {
    let read = |text: &str, identity: &str| {
        let sops = Sops::read(Path::new("secrets.enc"), Format::Yaml, text).expect("a file of SOPS");
        sops.secrets(&key(identity)).expect_err("it can't be decrypted")
    };
    assert_eq!(read(YAML, STRANGER).kind(), Kind::Unauthenticated);
    let other = YAML.replace("    age:", "    kms: []\n    other:");
    let shown = format!("{:?}", read(&other, IDENTITY));
    assert!(shown.contains("none of its keys is one of age") && shown.contains("updatekeys"), "{shown}");
    let split = YAML.replace("    version:", "    shamir_threshold: 2\n    version:");
    assert!(format!("{:?}", read(&split, IDENTITY)).contains("shamir_threshold"));
}
