//! Connectors of our own: what a manifest and its templates become, and what is wrong with them.

use deployer_connector::{Connector, Expansion, Options, node_metadata, variables_without_profile};
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Result};
use deployer_core::format;

/// A connector of these files, its manifest first.
fn connector(files: &[(&str, &str)]) -> Result<Connector> {
    let source = |path: &str| {
        let file = files.iter().find(|(name, _)| *name == path);
        file.map(|(name, text)| SourceText::new(*name, *text))
    };
    let mut connector = Connector::read(&source("manifest.json").expect("each connector has one"))?;
    loop {
        let missing = connector.missing();
        if missing.is_empty() {
            return Ok(connector);
        }
        for path in missing {
            let text = source(&path);
            connector.give(path, text)?;
        }
    }
}

fn expanded(files: &[(&str, &str)], shims: bool) -> Expansion {
    let connector = connector(files).unwrap_or_else(|error| panic!("{error:?}"));
    connector.expand(&Options { system: "harbour".to_owned(), shims })
}

fn ids(expansion: &Expansion) -> Vec<&str> {
    assert!(expansion.problems.is_empty(), "{:?}", expansion.problems);
    expansion.entities.iter().map(|entity| &**entity.id()).collect()
}

fn notes(expansion: &Expansion) -> Vec<String> {
    let shown = expansion.notes.iter().map(|note| {
        let places: Vec<String> = note.places.iter().map(ToString::to_string).collect();
        format!("{} {}", places.join(" "), note.message)
    });
    shown.collect()
}

const HARBOUR: [(&str, &str); 4] = [
    (
        "manifest.json",
        r#"{
  "system-template": "templates/system.json",
  "additional_parameters": {"tenant": {}},
  "datatypes": {
    "berth": {"template": "templates/berth.json"},
    "pier": {"template": "templates/berth.json", "parameters": {"unit": "m"}},
    "cabin": {"template": "./templates/cabin.json", "parent": "berth"}
  }
}"#,
    ),
    ("templates/system.json", r#"{"_id": "{{@ system @}}", "type": "system:rest", "url": "{{@ tenant @}}"}"#),
    (
        "templates/berth.json",
        r#"[
  {"_id": "{{@ system @}}-{{@ datatype @}}-collect", "type": "pipe", "source": {"type": "rest", "unit": "{{@ unit @}}"}},
  {"_id": "{{@ system @}}-{{@ datatype @}}-all", "type": "pipe", "source": {"type": "rest"}}
]"#,
    ),
    (
        "templates/cabin.json",
        r#"{"_id": "{{@ system @}}-cabin-collect", "type": "pipe", "source": {"type": "dataset", "dataset": "{{@ parent @}}"}, "unit": "{{@ unit @}}"}"#,
    ),
];

#[test]
fn each_datatype_gives_the_entities_of_its_template_and_a_shim() {
    let expansion = expanded(&HARBOUR, true);
    assert_eq!(
        ids(&expansion),
        [
            "harbour",
            "harbour-berth-collect",
            "harbour-berth-all",
            "harbour-berth-transform",
            "harbour-pier-collect",
            "harbour-pier-all",
            "harbour-pier-transform",
            "harbour-cabin-collect",
            "harbour-cabin-transform",
        ]
    );
    assert_eq!(ids(&expanded(&HARBOUR, false)).len(), 6);
    let value = |id: &str| {
        let entity = expansion.entities.iter().find(|entity| **entity.id() == *id);
        format::compact(entity.expect("it is made").value())
    };
    assert!(value("harbour").contains(r#""url":"$ENV(tenant)""#));
    assert!(value("harbour-pier-collect").contains(r#""unit":"m""#));
    assert!(value("harbour-pier-collect").contains("from the template of the 'berth' datatype"));
    assert!(!value("harbour-berth-collect").contains("comment"));
    assert!(value("harbour-cabin-collect").contains(r#""dataset":"berth""#));
}

#[test]
fn entities_point_at_the_line_of_their_template_and_shims_at_their_datatype() {
    let expansion = expanded(&HARBOUR, true);
    let places: Vec<String> = expansion.entities.iter().map(|entity| entity.place().to_string()).collect();
    assert_eq!(
        places[..5],
        [
            "templates/system.json:1:1",
            "templates/berth.json:2:3",
            "templates/berth.json:3:3",
            "manifest.json:5:5",
            "templates/berth.json:2:3",
        ]
    );
    let collect = &expansion.entities[4];
    let unit = collect.at_path("source.unit").expect("it is there");
    // The value comes from the mark, behind two other marks in the same line.
    assert_eq!(collect.place_of(unit.span).to_string(), "templates/berth.json:2:105");
}

#[test]
fn what_the_tool_does_silently_is_a_warning() {
    let expected = [
        "templates/berth.json:2:110 {{@ unit @}} is unknown for datatype berth and becomes an empty text",
        "templates/cabin.json:1:130 {{@ unit @}} reaches datatype cabin only from an earlier datatype",
    ];
    assert_eq!(notes(&expanded(&HARBOUR, true)), expected);
}

/// A connector of one datatype.
fn one<'a>(datatype: &'a str, template: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("manifest.json", datatype), ("t.json", template)]
}

#[test]
fn loops_and_includes_keep_the_places_of_their_files() {
    let manifest = r#"{"datatypes": {"t": {"template": "t.json"}}}"#;
    let template = "[\n{{% for name in [\"a\", \"b\"] %}}\n  {\"_id\": \"x-{{@ name @}}\", \"type\": \"pipe\",\n   \"source\": {{% include \"source.json\" %}}}{{% if not loop.last %}},{{% endif %}}\n{{% endfor %}}]";
    let mut files = one(manifest, template);
    files.push(("source.json", "{\"type\":\n \"embedded\"}"));
    let expansion = expanded(&files, false);
    assert_eq!(ids(&expansion), ["x-a", "x-b"]);
    for entity in &expansion.entities {
        assert_eq!(entity.place().to_string(), "t.json:3:3");
        let kind = entity.at_path("source.type").expect("it is included");
        assert_eq!(entity.place_of(kind.span).to_string(), "source.json:2:2");
    }
}

#[test]
fn flags_are_true_and_false_only_as_a_whole_text() {
    let manifest =
        r#"{"datatypes": {"t": {"template": "t.json", "parameters": {"on": true, "off": false}}}}"#;
    let template = r#"{"_id": "x-t", "type": "pipe", "source": {"a": "{{@ on @}}", "b": ["{{@off@}}"], "c": "is {{@ on @}}"}}"#;
    let expansion = expanded(&one(manifest, template), false);
    let source = expansion.entities[0].at_path("source").expect("it has one");
    assert_eq!(format::compact(&source.value), r#"{"a":true,"b":[false],"c":"is {{@ on @}}"}"#);
    let expected = "t.json:1:95 the mark {{@ on @}} stays in the text: true or false must be the whole text";
    assert_eq!(notes(&expansion), [expected]);
}

#[test]
fn a_wrong_template_is_an_error_with_its_place() {
    let manifest = r#"{"datatypes": {"t": {"template": "t.json", "parameters": {"say": "\"", "on": true}}}}"#;
    for (template, expected, place) in [
        ("{\n\"_id\": \"{{@ datatype @}}\",", "is not valid JSON", "t.json:2:27"),
        ("{\"a\":\n \"{{@ say @}}\"}", "is not valid JSON", "t.json:2:14"),
        ("{\"a\":\n {{@ on @}}}", "must be a whole text in quotes: on", "t.json:2:6"),
        ("\n{{@ a-b @}}", "a name with a dash is read as a subtraction", "t.json:2"),
        ("\n{{@ say | moor @}}", "uses an unknown filter", "t.json:2"),
        ("\n{{% if on %}}", "is not a valid template", "t.json:2"),
        ("\n{{% include \"gone.json\" %}}", "does not exist", "t.json:2"),
        ("\n{{% include \"../manifest.json\" %}}", "does not exist", "t.json:2"),
        (
            "{{% for a in range(9999) %}}{{% for b in range(9999) %}}{{% endfor %}}{{% endfor %}}",
            "runs too long",
            "t.json:1",
        ),
        ("[{\"_id\": \"x-a\"}]", "the entity x-a has no `type`", "t.json:1:2"),
        ("[{\"_id\": \"x-a\", \"type\": \"pipe\"}]", "the pipe x-a has no `source`", "t.json:1:2"),
        ("[{\"_id\": \"../a\", \"type\": \"pipe\", \"source\": {}}]", "cannot be a file name", "t.json:1:10"),
        ("[7]", "an entity must be an object", "t.json:1:2"),
    ] {
        let expansion = expanded(&one(manifest, template), false);
        let problem = expansion.problems.first().unwrap_or_else(|| panic!("{template} is accepted"));
        let text = format!("{problem:?}");
        assert!(text.contains(expected), "{template}: {text}");
        assert!(text.contains(place), "{template}: {text}");
    }
}

#[test]
fn a_wrong_manifest_is_told_with_all_its_problems() {
    let refused = |manifest: &str| -> Error {
        connector(&[("manifest.json", manifest)]).map(|_| ()).expect_err("it is wrong")
    };
    let error = refused(
        "{\"system-template\": \"../x.json\",\n \"additional_parameters\": null,\n \"datatypes\": {\n  \"a\": {},\n  \"b\": {\"template\": 1},\n  \"c\": {\"template\": \"t\", \"parameters\": null}}}",
    );
    let places: Vec<String> = error.related().iter().map(|related| related.places()[0].to_string()).collect();
    let mut sorted = places.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "manifest.json:1:21",
            "manifest.json:2:27",
            "manifest.json:4:3",
            "manifest.json:5:21",
            "manifest.json:6:40"
        ]
    );
    assert!(format!("{:?}", refused("{}")).contains("the manifest has no `datatypes`"));
    assert!(format!("{:?}", refused("\u{feff}{}")).contains("byte order mark"));
    let missing = expanded(&[("manifest.json", r#"{"datatypes": {"a": {"template": "gone.json"}}}"#)], true);
    assert_eq!(missing.problems[0].message(), "the template \"gone.json\" of datatype a does not exist");
    assert_eq!(missing.problems[0].places()[0].to_string(), "manifest.json:1:34");
}

#[test]
fn the_tools_metadata_and_variables_are_made_for_every_connector() {
    let connector = connector(&HARBOUR).expect("it is well-formed");
    let metadata = node_metadata(&connector).expect("it is well-formed");
    assert_eq!(
        format::compact(metadata.value()),
        r#"{"_id":"node","type":"metadata","task_manager":{"disable_user_pipes":true},"global_defaults":{"eager_load_microservices":false}}"#
    );
    let variables = variables_without_profile(&connector).to_value();
    assert_eq!(format::compact(&variables), r#"{"node-env":"test","tenant":""}"#);
}
