//! A file with one mistake of each kind: all of them are reported at once.

use deployer_core::plugin::Family;

use super::*;
use crate::plugins::table;

/// The problems as a person reads them: message, hints and places.
fn shown(error: &Error) -> String {
    let mut text = format!("{}\n", error.message());
    for problem in error.related() {
        text.push_str(&format!("{problem}\n"));
        problem.places().iter().for_each(|place| text.push_str(&format!("  at {place}\n")));
        problem.details().iter().for_each(|detail| text.push_str(&format!("  {detail}\n")));
        problem.hints().iter().for_each(|hint| text.push_str(&format!("  hint: {hint}\n")));
    }
    text
}

#[cfg(feature = "all")]
#[test]
fn a_file_with_one_mistake_of_each_kind_gives_one_report() {
    let families = [Family::Source, Family::Store, Family::Target, Family::Notify, Family::State];
    let (variables, plugins) = ([("DRY_RUN", "perhaps")].into_iter().collect(), table(&[]).unwrap());
    let asked =
        Asked { plugins: Some(&plugins), credentials: &families, ..Asked::new(Some("prd"), &variables) };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("node")).unwrap();
    let file = folder.path().join("deployer.toml");
    let error = read_as(asked, file, include_str!("mistakes.toml")).unwrap_err();
    let shown = shown(&error).replace(&format!("{}/", folder.path().display()), "");
    assert!(!shown.contains("canary"), "{shown}");
    // The key `field` of a reference to a credential.
    let without_keys = shown.replace("`field`", "");
    for name in ["usize", "u64", "bool", "struct", "enum", "field", "Spanned", "variant", "sequence"] {
        assert!(!without_keys.contains(name), "{name}: {shown}");
    }
    assert_eq!(shown, include_str!("mistakes.txt"), "{shown}");
}

#[test]
fn what_is_no_toml_hides_no_other_problem() {
    let shown = refusal(&format!("{SMALL}[verify]\nsecrets = \n[safety]\nguard = true\n"));
    assert!(shown.contains("not valid TOML") && shown.contains("unknown key `guard`"), "{shown}");
}
