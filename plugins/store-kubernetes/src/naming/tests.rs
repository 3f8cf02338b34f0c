use deployer_core::model::NodeName;

use super::*;

fn naming(names: NamesSettings, way: NamingWay, table: &[(&str, &str)]) -> Result<Naming> {
    let path = (way == NamingWay::Bundle).then_some("all");
    let field = (way == NamingWay::Field).then_some("value");
    let table = table.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect();
    let parts = Parts { prefix: "s-", path, field, environment: "test" };
    Naming::new(&Given { way: &way, parts, names, table: &table })
}

fn address(naming: &Naming, name: &str) -> Result<String> {
    let wanted = WantedSecret::new(SecretName::new(name), NodeName::master());
    naming.place(&wanted).map(|place| place.to_string())
}

#[test]
fn strict_names_are_taken_as_they_are_or_rejected_with_the_next_step() {
    let naming = naming(NamesSettings::Strict, NamingWay::Field, &[]).unwrap();
    assert_eq!(address(&naming, "db.1").unwrap(), "s-db.1#value");
    for name in ["a_b", "A", "a b", "ø", "a/b", "a#b", "a-", "a..b", &"x".repeat(252)] {
        let error = address(&naming, name).unwrap_err();
        assert!(error.kind() == Kind::Verification && format!("{error:?}").contains("`table`"), "{error:?}");
    }
    let shown = format!("{:?}", address(&naming, "A_b").unwrap_err());
    assert!(shown.contains("\"s-a-b\"") && shown.contains("names = \"dash\""), "{shown}");
}

#[test]
fn two_secrets_at_one_place_are_an_error_and_nothing_is_read() {
    for (one, other) in [("a_b", "a.b"), ("a-b", "a_b"), ("DB", "db")] {
        let naming = naming(NamesSettings::Dash, NamingWay::Field, &[]).unwrap();
        assert!(address(&naming, one).is_ok() && address(&naming, one).is_ok(), "asked twice is asked once");
        naming.check_collisions("x").unwrap();
        let error = address(&naming, other).unwrap_err();
        assert!(error.kind() == Kind::Verification, "{error:?}");
        assert!(error.message().contains(one) && error.message().contains(other), "{error:?}");
        assert_eq!(naming.check_collisions("x").unwrap_err().kind(), Kind::Verification);
    }
}

#[test]
fn the_table_takes_precedence_and_is_no_collision() {
    let table = [("a_b", "other#password"), ("a.b", "other#password")];
    let naming = naming(NamesSettings::Dash, NamingWay::Field, &table).unwrap();
    assert_eq!(address(&naming, "a_b").unwrap(), "other#password");
    assert_eq!(address(&naming, "a.b").unwrap(), "other#password");
    naming.check_collisions("x").unwrap();
    assert_eq!(naming.names_of("other"), ["a.b", "a_b"].map(SecretName::new));
    assert_eq!(naming.names_of("s-x"), [SecretName::new("x")]);
}

#[test]
fn all_invalid_places_are_reported_by_their_settings() {
    let table = [("a", "a"), ("b", "a#"), ("c", "A#b"), ("d", "a#b/c"), ("e", "#x")];
    let way = NamingWay::Template("{name}".to_owned());
    let shown = format!("{:?}", naming(NamesSettings::Strict, way, &table).unwrap_err());
    for setting in ["`naming.template`", "`table.a`", "`table.b`", "`table.c`", "`table.d`", "`table.e`"] {
        assert!(shown.contains(setting), "{setting}: {shown}");
    }
}

#[test]
fn keys_of_a_bundle_have_other_rules_than_names() {
    let naming = naming(NamesSettings::Strict, NamingWay::Bundle, &[]).unwrap();
    assert_eq!(address(&naming, "A_b.c").unwrap(), "all#s-A_b.c");
    assert_eq!(address(&naming, "a/b").unwrap_err().kind(), Kind::Verification);
    assert_eq!(naming.bundle(), Some("all"));
    assert_eq!(naming.name_of_key("s-x"), Some(SecretName::new("x")));
}
