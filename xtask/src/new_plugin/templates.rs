//! The files of a new plugin, from `xtask/templates`, where it is called `sample`.

use super::names::Names;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../templates/", $path))
    };
}

/// The files that are the same in every family, by their places in the plugin.
const COMMON: [(&str, &str); 5] = [
    ("src/settings.rs", template!("common/src/settings.rs")),
    ("src/wire.rs", template!("common/src/wire.rs")),
    ("tests/sample/main.rs", template!("common/tests/main.rs")),
    ("tests/sample/access.rs", template!("common/tests/access.rs")),
    ("tests/sample/settings.rs", template!("common/tests/settings.rs")),
];

const SOURCE: [(&str, &str); 9] = [
    ("Cargo.toml", template!("source/Cargo.toml")),
    ("README.md", template!("source/README.md")),
    ("src/lib.rs", template!("source/src/lib.rs")),
    ("src/errors.rs", template!("common/src/errors.rs")),
    ("src/manifest.rs", template!("source/src/manifest.rs")),
    ("src/snapshot.rs", template!("source/src/snapshot.rs")),
    ("src/source.rs", template!("source/src/source.rs")),
    ("tests/sample/contract.rs", template!("source/tests/contract.rs")),
    ("tests/sample/service.rs", template!("source/tests/service.rs")),
];

const STORE: [(&str, &str); 7] = [
    ("Cargo.toml", template!("store/Cargo.toml")),
    ("README.md", template!("store/README.md")),
    ("src/lib.rs", template!("store/src/lib.rs")),
    ("src/errors.rs", template!("common/src/errors.rs")),
    ("src/store.rs", template!("store/src/store.rs")),
    ("tests/sample/contract.rs", template!("store/tests/contract.rs")),
    ("tests/sample/service.rs", template!("store/tests/service.rs")),
];

const TARGET: [(&str, &str); 9] = [
    ("Cargo.toml", template!("target/Cargo.toml")),
    ("README.md", template!("target/README.md")),
    ("src/lib.rs", template!("target/src/lib.rs")),
    ("src/errors.rs", template!("target/src/errors.rs")),
    ("src/state.rs", template!("target/src/state.rs")),
    ("src/step.rs", template!("target/src/step.rs")),
    ("src/target.rs", template!("target/src/target.rs")),
    ("tests/sample/contract.rs", template!("target/tests/contract.rs")),
    ("tests/sample/service.rs", template!("target/tests/service.rs")),
];

const NOTIFY: [(&str, &str); 8] = [
    ("Cargo.toml", template!("notify/Cargo.toml")),
    ("README.md", template!("notify/README.md")),
    ("src/lib.rs", template!("notify/src/lib.rs")),
    ("src/errors.rs", template!("notify/src/errors.rs")),
    ("src/message.rs", template!("notify/src/message.rs")),
    ("src/notifier.rs", template!("notify/src/notifier.rs")),
    ("tests/sample/contract.rs", template!("notify/tests/contract.rs")),
    ("tests/sample/service.rs", template!("notify/tests/service.rs")),
];

const STATE: [(&str, &str); 7] = [
    ("Cargo.toml", template!("state/Cargo.toml")),
    ("README.md", template!("state/README.md")),
    ("src/lib.rs", template!("state/src/lib.rs")),
    ("src/errors.rs", template!("state/src/errors.rs")),
    ("src/place.rs", template!("state/src/place.rs")),
    ("tests/sample/contract.rs", template!("state/tests/contract.rs")),
    ("tests/sample/service.rs", template!("state/tests/service.rs")),
];

/// The files of a plugin: paths in its folder, and texts.
pub(super) fn files(names: &Names) -> impl Iterator<Item = (String, String)> {
    let family: &[(&str, &str)] = match names.family {
        "source" => &SOURCE,
        "store" => &STORE,
        "target" => &TARGET,
        "state" => &STATE,
        _ => &NOTIFY,
    };
    COMMON.iter().chain(family).map(|(path, text)| (called(path, names), called(text, names)))
}

/// A text in which the plugin has its own name.
fn called(text: &str, names: &Names) -> String {
    text.replace("deployer_family_sample", &names.module)
        .replace(&format!("deployer_{}_sample", names.family), &names.module)
        .replace("SAMPLE", &names.constant)
        .replace("sample", &names.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_the_form_of_the_name_that_fits() {
        let names = Names::new("store", "key-pass").unwrap();
        let text = "use deployer_store_sample::SAMPLE; use deployer_family_sample::SAMPLE; kind = \"sample\" SAMPLE_TOKEN";
        let expected = "use deployer_store_key_pass::KEY_PASS; use deployer_store_key_pass::KEY_PASS; \
                        kind = \"key-pass\" KEY_PASS_TOKEN";
        assert_eq!(called(text, &names), expected);
        for family in ["source", "store", "target", "notify", "state"] {
            for (path, text) in files(&Names::new(family, "key-pass").unwrap()) {
                let left = path.to_lowercase().contains("sample") || text.to_lowercase().contains("sample");
                assert!(!left, "{family}: {path} has the name of the template");
            }
        }
    }
}
