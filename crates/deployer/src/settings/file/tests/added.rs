//! A new key: its declaration and its use are all that it takes. `[limits] added_in_tests` is one that exists in tests alone.

use super::*;
use crate::output::Style;
use crate::output::settings::text;
use crate::plugins::table;
use crate::schema;

const KEY: &str = "added_in_tests";
const ABOUT: &str = "A key that only tests have: this declaration and its use are all that it takes.";

/// The use of the key.
fn value(settings: &Settings) -> u64 {
    settings.keys.limits.added_in_tests
}

#[test]
fn it_is_read_and_each_environment_can_override_it() {
    let text = format!(
        "{SMALL}[limits]\n{KEY} = 3\n[environments.prod.limits]\n{KEY} = 4\n[environments.qa]\nunset = [\"limits.{KEY}\"]\n"
    );
    let values = ["test", "prod", "qa"].map(|name| value(&read_for(&text, Some(name)).unwrap()));
    assert_eq!(values, [3, 4, 7]);
    assert_eq!(value(&settings(SMALL)), 7);
}

#[test]
fn mistakes_in_it_are_reported() {
    refuses(&format!("[limits]\n{KEY} = true"), "added_in_tests: expected a whole number", 2, "");
    refuses("[limits]\nadded_in_test = 1", "unknown key", 2, "did you mean `added_in_tests`?");
}

#[test]
fn settings_shows_it_with_its_place() {
    let plugins = table(&[]).unwrap();
    for (more, expected) in [
        ("", "added_in_tests = 7 # default".to_owned()),
        ("[limits]\nadded_in_tests = 3\n", "added_in_tests = 3 # conf/deployer.toml:9".to_owned()),
    ] {
        let settings = settings(&format!(
            "{}{more}",
            "environment = \"test\"\n[nodes.master]\ntarget = false\nsecrets = []\n\n\n\n"
        ));
        let shown = text(&settings, &settings.effective(&plugins).unwrap(), Style::default());
        let shown: Vec<String> =
            shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert!(shown.contains(&expected), "{expected}: {shown:?}");
    }
}

#[test]
fn the_schema_the_readme_and_the_help_describe_it() {
    let schema = schema::file(&table(&[]).unwrap()).to_string();
    assert!(schema.contains(&format!("\"{KEY}\"")) && schema.contains(ABOUT), "{schema}");
    // `settings --keys` lists these rows, and the table of the README is made of it.
    let rows = schema::rows_of_file();
    let row = rows.iter().find(|row| row.name == format!("limits.{KEY}")).unwrap();
    assert_eq!((row.kind.as_str(), row.default.clone()), ("number", Some(7.into())));
    assert_eq!(row.description.as_deref(), Some(ABOUT));
}

#[test]
fn its_declaration_is_the_only_place_that_names_it() {
    let sources = [
        include_str!("../sections.rs"),
        include_str!("../read.rs"),
        include_str!("../mod.rs"),
        include_str!("../../effective/mod.rs"),
        include_str!("../../effective/reader.rs"),
        include_str!("../../../schema/file.rs"),
        include_str!("../../../schema/rows.rs"),
    ];
    assert_eq!(sources.iter().map(|source| source.matches(KEY).count()).sum::<usize>(), 1);
}
