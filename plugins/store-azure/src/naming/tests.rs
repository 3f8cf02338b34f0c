use deployer_core::model::NodeName;

use super::*;

fn naming(names: NamesSettings, way: NamingWay, table: &[(&str, &str)]) -> Result<Naming> {
    let path = (way == NamingWay::Bundle).then_some("all");
    let table = table.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect();
    Naming::new(&Given {
        way: &way,
        parts: Parts { prefix: "s-", path, field: None, environment: "test" },
        names,
        table: &table,
    })
}

fn strict(table: &[(&str, &str)]) -> Naming {
    naming(NamesSettings::Strict, NamingWay::Field, table).expect("a naming")
}

fn dash(table: &[(&str, &str)]) -> Naming {
    naming(NamesSettings::Dash, NamingWay::Field, table).expect("a naming")
}

fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::master())
}

fn address(naming: &Naming, name: &str) -> Result<String> {
    naming.place(&wanted(name)).map(|place| place.to_string())
}

#[test]
fn strict_names_are_taken_as_they_are_or_refused_with_a_way_out() {
    let naming = strict(&[]);
    assert_eq!(address(&naming, "Db-1").expect("a name"), "s-Db-1");
    for name in ["a_b", "a.b", "a b", "ø", "a/b", "a#b", "..", &"x".repeat(126)] {
        let error = address(&naming, name).expect_err(name);
        assert_eq!(error.kind(), Kind::Verification, "{name:?}");
        assert!(format!("{error:?}").contains("`table`"), "{error:?}");
    }
    let shown = format!("{:?}", address(&naming, "a_b").expect_err("an underscore"));
    assert!(shown.contains("\"s-a-b\"") && shown.contains("names = \"dash\""), "{shown}");
}

#[test]
fn dashes_stand_for_what_key_vault_does_not_know() {
    let naming = dash(&[]);
    assert_eq!(address(&naming, "a_b.c d").expect("a name"), "s-a-b-c-d");
    assert_eq!(address(&naming, "a/b").expect_err("a slash").kind(), Kind::Verification);
}

#[test]
fn two_secrets_at_one_place_are_an_error_and_nothing_is_read() {
    for (names, one, other) in [
        (NamesSettings::Dash, "a_b", "a.b"),
        (NamesSettings::Dash, "a-b", "a_b"),
        (NamesSettings::Strict, "DB", "db"),
    ] {
        let naming = naming(names, NamingWay::Field, &[]).expect("a naming");
        assert!(address(&naming, one).is_ok() && address(&naming, one).is_ok(), "asked twice is asked once");
        naming.check_collisions("x").expect("no collision yet");
        let error = address(&naming, other).expect_err(other);
        assert_eq!(error.kind(), Kind::Verification);
        assert!(error.message().contains(one) && error.message().contains(other), "{error}");
        assert_eq!(naming.check_collisions("x").expect_err("a collision").kind(), Kind::Verification);
    }
}

#[test]
fn the_table_names_places_and_is_no_collision() {
    let naming = dash(&[("a_b", "other"), ("pinned", "db/0123abc"), ("part", "db#user.name")]);
    assert_eq!(address(&naming, "a_b").expect("a place"), "other");
    assert_eq!(address(&naming, "a.b").expect("a name"), "s-a-b");
    assert_eq!(address(&naming, "pinned").expect("a place"), "db/0123abc");
    assert_eq!(address(&naming, "part").expect("a place"), "db#user.name");
    naming.check_collisions("x").expect("no collision");
    let place = naming.place(&wanted("pinned")).expect("a place");
    assert_eq!((place.name.as_str(), place.version.as_deref(), place.field), ("db", Some("0123abc"), None));
}

#[test]
fn a_place_that_cannot_be_used_is_refused_by_its_name() {
    for place in ["", "a_b", "a/", "a/b/c", "a/b-c", "a#", "../x"] {
        let table = [("db", place)];
        let refused = naming(NamesSettings::Strict, NamingWay::Field, &table).expect_err(place);
        assert!(refused.kind() == Kind::Settings && refused.message().contains("`table.db`"), "{refused}");
    }
}

#[test]
fn members_of_a_bundle_may_have_any_name() {
    let naming = naming(NamesSettings::Strict, NamingWay::Bundle, &[]).expect("a naming");
    assert_eq!(address(&naming, "a_b/c#d").expect("a member"), "all#s-a_b/c#d");
    let place = naming.place(&wanted("a_b/c#d")).expect("a place");
    assert_eq!((place.name.as_str(), place.field.as_deref()), ("all", Some("s-a_b/c#d")));
    assert_eq!(naming.bundle().map(|place| place.name), Some("all".to_owned()));
    assert_eq!(naming.name_of_member("s-x"), Some(SecretName::new("x")));
    assert!(!naming.names_prove_presence());
}

#[test]
fn names_are_found_back() {
    let naming = dash(&[("own", "elsewhere")]);
    address(&naming, "a_b").expect("a name");
    let names = |name: &str| naming.names_of(name).iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(names("S-A-B"), ["a_b"], "asked for, whatever the case");
    assert_eq!(names("s-a-b"), ["a-b", "a_b"]);
    assert_eq!(names("elsewhere"), ["own"]);
    assert_eq!(names("other"), [""; 0]);
    assert!(naming.names_prove_presence());
    assert!(!strict(&[("old", "db/0123")]).names_prove_presence());
}
