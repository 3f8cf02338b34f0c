use deployer_core::model::{NodeName, SecretName};

use super::*;

fn made(settings: &str, prefix: &str, path: Option<&str>, field: Option<&str>) -> Result<Naming> {
    let way = match settings {
        "field" => NamingWay::Field,
        "bundle" => NamingWay::Bundle,
        template => NamingWay::Template(template.to_owned()),
    };
    let parts = Parts { prefix, path, field, environment: "prod" };
    Naming::new(&way, "/team/kv/", parts, BTreeMap::new())
}

fn naming(settings: &str, prefix: &str, path: Option<&str>, field: Option<&str>) -> Naming {
    made(settings, prefix, path, field).expect("a naming")
}

fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::new("north"))
}

fn exactly(field: &str) -> FieldChoice {
    FieldChoice::Exactly(field.to_owned())
}

#[test]
fn a_name_has_an_address_and_a_place() {
    let preferably = |field: &str| FieldChoice::Preferably(Some(field.to_owned()));
    for (naming, expected, path, pick) in [
        (naming("field", "", None, None), "db#1%23", "db#1%23", FieldChoice::Preferably(None)),
        (
            naming("field", "/sesam/", None, None),
            "sesam/db#1%23",
            "sesam/db#1%23",
            FieldChoice::Preferably(None),
        ),
        (
            naming("field", "prod-", None, Some("pass#word")),
            "prod-db%231%2523#pass#word",
            "prod-db#1%23",
            preferably("pass#word"),
        ),
        (naming("bundle", "", Some("/a/b/"), None), "a/b#db#1%23", "a/b", exactly("db#1%23")),
        (naming("bundle", "x-", Some("a"), None), "a#x-db#1%23", "a", exactly("x-db#1%23")),
        (
            naming("{prefix}/{name}#value", "sesam/", None, None),
            "sesam/db%231%2523#value",
            "sesam/db#1%23",
            exactly("value"),
        ),
        (naming("{prefix}/{name}#value", "", None, None), "db%231%2523#value", "db#1%23", exactly("value")),
        (
            naming("{prefix}/{environment}/{node}#{name}", "s", None, None),
            "s/prod/north#db#1%23",
            "s/prod/north",
            exactly("db#1%23"),
        ),
        (
            naming("{node}-{name}", "", None, None),
            "north-db#1%23",
            "north-db#1%23",
            FieldChoice::Preferably(None),
        ),
    ] {
        let address = naming.address(&wanted("db#1%23")).expect("an address");
        assert_eq!(address.as_str(), format!("team/kv/{expected}"));
        let place = naming.place(&wanted("db#1%23")).expect("a place");
        assert_eq!(place, FieldPlace { path: path.to_owned(), field: pick }, "{expected}");
    }
}

#[test]
fn names_that_would_reach_another_path_are_refused() {
    for naming in [naming("field", "sesam/", None, None), naming("s/{name}#value", "", None, None)] {
        for name in ["", "..", "../other", "a//b", "a/", "/a", "a\tb", "."] {
            let error = naming.address(&wanted(name)).expect_err(name);
            assert_eq!(error.kind(), Kind::Verification, "{name:?}");
        }
        for name in ["a/b", "...", "a b", "%2e%2e", "ø"] {
            assert!(naming.address(&wanted(name)).is_ok(), "{name:?}");
        }
    }
    let bundle = naming("bundle", "", Some("a"), None);
    assert!(bundle.address(&wanted("..")).is_ok(), "a field may have any name");
    assert!(bundle.address(&wanted("")).is_err());
}

#[test]
fn settings_that_can_be_no_place_are_refused_by_name() {
    for (settings, prefix, path, field, expected) in [
        ("field", "x//y", None, None, "`prefix`"),
        ("field", "", None, Some(""), "`field`"),
        ("field", "", Some("a"), None, "`path`"),
        ("bundle", "", None, None, "a bundle needs it"),
        ("bundle", "", Some("a//b"), None, "`path`"),
        ("bundle", "", Some("a"), Some("b"), "`field`"),
        ("{prefix}/x#value", "", None, None, "no `{name}`"),
        ("{nam}", "", None, None, "unknown placeholder `{nam}`"),
        ("{name", "", None, None, "a brace"),
        ("name}", "", None, None, "a brace"),
        ("{name}#", "", None, None, "no field after"),
    ] {
        let error = made(settings, prefix, path, field).expect_err(expected);
        assert!(error.kind() == Kind::Settings && error.to_string().contains(expected), "{error}");
    }
    let error = made("bundle", "a//", None, Some("x")).expect_err("three problems");
    assert_eq!(error.related().len(), 3, "{error:?}");
}

#[test]
fn names_are_listed_where_one_list_holds_them() {
    let folder = |folder, start| Some(Listing::Folder { folder, start });
    for (settings, prefix, path, expected) in [
        ("field", "", None, folder("", "")),
        ("field", "prod-", None, folder("", "prod-")),
        ("field", "a/b/", None, folder("a/b/", "")),
        ("field", "a/prod-", None, folder("a/", "prod-")),
        ("bundle", "x-", Some("a/b"), Some(Listing::Fields { path: "a/b", start: "x-" })),
        ("{prefix}/{environment}-{name}#value", "a", None, folder("a/", "prod-")),
        ("{name}", "", None, folder("", "")),
        ("{prefix}/{environment}#{name}", "a", None, Some(Listing::Fields { path: "a/prod", start: "" })),
        ("{node}/{name}", "", None, None),
        ("{name}/db", "", None, None),
        ("{node}#{name}", "", None, None),
    ] {
        assert_eq!(naming(settings, prefix, path, None).listing(), expected, "{settings}");
    }
}
