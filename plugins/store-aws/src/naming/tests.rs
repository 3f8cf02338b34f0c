use deployer_core::model::NodeName;

use super::*;

fn naming(
    way: &NamingWay,
    prefix: &str,
    path: Option<&str>,
    field: Option<&str>,
    defaults: SecretSettings,
) -> Result<Naming, Vec<Error>> {
    let parts = Parts { prefix, path, field, environment: "prod" };
    Naming::new(way, parts, defaults, &BTreeMap::new())
}

fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::new("extra"))
}

fn address(naming: &Naming, name: &str) -> String {
    naming.reference(&wanted(name)).expect("an address").to_string()
}

const ARN: &str = "arn:aws:secretsmanager:eu-north-1:123456789012:secret:sesam/db-AbCdEf";

#[test]
fn every_way_of_naming_has_its_addresses_and_its_list() {
    let template = |text: &str| NamingWay::Template(text.to_owned());
    let secrets = |start: &str| Some(Listing::Secrets { start: start.to_owned() });
    let plain = || SecretSettings::default();
    for (settings, path, field, expected, listing) in [
        (NamingWay::Field, None, None, "sesam/db", secrets("sesam/")),
        (NamingWay::Field, None, Some("pw"), "sesam/db#pw", secrets("sesam/")),
        (template("{prefix}/{environment}/{name}"), None, None, "sesam/prod/db", secrets("sesam/prod/")),
        (template("{environment}-{node}/{name}#{name}"), None, None, "prod-extra/db#db", None),
        (template("{name}/{environment}"), None, None, "db/prod", None),
    ] {
        let naming = naming(&settings, "sesam/", path, field, plain()).expect("a naming");
        assert_eq!(address(&naming, "db"), expected);
        assert_eq!(naming.listing(), listing, "{expected}");
    }
    let bundle = naming(&NamingWay::Bundle, "p.", Some(ARN), None, plain()).expect("a bundle");
    assert_eq!(address(&bundle, "db #1"), format!("{ARN}#p.db #1"));
    let Some(Listing::Fields { secret, start }) = bundle.listing() else { panic!("it lists its fields") };
    assert_eq!((secret.id.as_str(), start.as_str(), bundle.shown()), (ARN, "p.", ARN));
}

#[test]
fn different_references_have_different_addresses() {
    let mut addresses = std::collections::BTreeSet::new();
    for version in [Version::Current, Version::Stage("x".to_owned()), Version::Id("x".to_owned())] {
        for binary in [false, true] {
            for field in [None, Some("a"), Some("a#b?binary&stage=x")] {
                let field = field.map(str::to_owned);
                let reference = Reference { id: ARN.to_owned(), version: version.clone(), binary, field };
                assert!(addresses.insert(reference.to_string()), "{reference}");
            }
        }
    }
}

#[test]
fn a_name_that_is_an_arn_is_taken_as_it_is() {
    let naming =
        naming(&NamingWay::Field, "sesam/", None, None, SecretSettings::default()).expect("a naming");
    assert_eq!(address(&naming, ARN), ARN);
    assert!(naming.reference(&wanted("arn:aws:s3:::bucket")).is_err());
    assert_eq!(region(ARN), Some("eu-north-1"));
    assert_eq!(region("sesam/db"), None);
}

#[test]
fn names_that_the_service_cannot_have_are_refused() {
    let naming = naming(&NamingWay::Field, "", None, None, SecretSettings::default()).expect("a naming");
    for name in ["", "a b", "ø", "a#b", "a?b", "a:b", &"x".repeat(513)] {
        assert_eq!(naming.reference(&wanted(name)).expect_err(name).kind(), Kind::Verification);
    }
    for name in ["a/b", "a_+=.@-b", &"x".repeat(512)] {
        assert_eq!(address(&naming, name), name);
    }
}

#[test]
fn single_secrets_may_be_elsewhere_and_pinned() {
    let defaults =
        SecretSettings { stage: Some("AWSPENDING".to_owned()), binary: true, ..SecretSettings::default() };
    let exception = |id: &str| SecretSettings { id: id.to_owned(), ..SecretSettings::default() };
    let exceptions = BTreeMap::from([
        ("a".to_owned(), SecretSettings { field: Some("f".to_owned()), ..exception(ARN) }),
        ("b".to_owned(), SecretSettings { version: Some("v1".to_owned()), ..exception("x") }),
        ("c".to_owned(), SecretSettings { stage: Some("AWSCURRENT".to_owned()), ..exception("x") }),
    ]);
    let parts = Parts { prefix: "p/", path: None, field: None, environment: "prod" };
    let naming = Naming::new(&NamingWay::Field, parts, defaults, &exceptions);
    let naming = naming.expect("a naming");
    assert_eq!(address(&naming, "a"), format!("{ARN}?stage=AWSPENDING&binary#f"));
    assert_eq!(address(&naming, "b"), "x?version=v1&binary");
    assert_eq!(address(&naming, "c"), "x?binary");
    assert_eq!(address(&naming, "d"), "p/d?stage=AWSPENDING&binary");
}

#[test]
fn settings_that_exclude_each_other_are_all_told() {
    let told = |settings: NamingWay, path: Option<&str>, field: Option<&str>, defaults: SecretSettings| {
        let problems = naming(&settings, "", path, field, defaults).expect_err("it cannot be used");
        format!("{problems:?}")
    };
    let pinned = |stage: Option<&str>, version: &str| SecretSettings {
        stage: stage.map(str::to_owned),
        version: Some(version.to_owned()),
        ..SecretSettings::default()
    };
    let shown = told(NamingWay::Field, Some("x"), Some(""), pinned(None, "v1"));
    assert!(shown.contains("`path`") && shown.contains("`field`") && shown.contains("`version`"), "{shown}");
    let shown = told(NamingWay::Bundle, None, Some("x"), pinned(Some("s"), "v1"));
    assert!(
        shown.contains("a bundle needs it") && shown.contains("`field`") && shown.contains("exclude"),
        "{shown}"
    );
    for (template, expected) in [
        ("{prefix}", "no `{name}`"),
        ("{name", "a brace"),
        ("{nmae}", "unknown placeholder `{nmae}`"),
        ("{name}#", "no field"),
    ] {
        let shown = told(NamingWay::Template(template.to_owned()), None, None, SecretSettings::default());
        assert!(shown.contains(expected), "{shown}");
    }
}
