//! Specs: `expected/<stem>.test.json`.

use deployer_core::document::{Node, SourceText, Value};
use deployer_core::error::{Error, Kind, Note, Result, nearest};
use deployer_core::format::compact;

/// What a spec tests and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The name of the spec's file without `.test.json`.
    pub stem: String,
    /// The name in messages.
    pub name: String,
    /// The pipe whose output is compared.
    pub pipe: String,
    /// The expected file, below the folder `expected`.
    pub file: String,
    /// Which output of the pipe is compared.
    pub endpoint: Endpoint,
    /// The stage of the pipe; `None` for the output as it enters the sink.
    pub stage: Option<String>,
    /// Query parameters of a published endpoint, in order; lists repeat the name.
    pub parameters: Vec<(String, String)>,
    /// Paths that are not compared.
    pub blacklist: Vec<String>,
    /// Whether nothing is compared.
    pub ignore: bool,
    /// Whether deleted entities of the node are dropped, unless the expected file has them.
    pub ignore_deletes: bool,
    /// The fields by which entities are sorted.
    pub fields_to_sort_by: Vec<String>,
}

impl Spec {
    /// The spec `{}` of a pipe.
    pub fn new(pipe: &str) -> Self {
        Self {
            stem: pipe.to_owned(),
            name: pipe.to_owned(),
            pipe: pipe.to_owned(),
            file: format!("{pipe}.json"),
            endpoint: Endpoint::Entities,
            stage: None,
            parameters: Vec::new(),
            blacklist: Vec::new(),
            ignore: false,
            ignore_deletes: true,
            fields_to_sort_by: vec!["_id".to_owned()],
        }
    }
}

/// An output of a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The entities as JSON: `json`, or `excel`.
    Entities,
    /// A published XML document.
    Xml,
    /// Any other published format, compared by its bytes.
    Bytes(String),
}

/// The properties that a spec can have. The first ones document a spec, and nothing reads them.
const KEYS: [&str; 13] = [
    "_id",
    "type",
    "description",
    "pipe",
    "file",
    "endpoint",
    "stage",
    "parameters",
    "blacklist",
    "ignore",
    "ignore_deletes",
    "fields_to_sort_by",
    "name",
];

const END: &str = ".test.json";

/// Reads a spec. Warnings name properties that have no effect.
///
/// # Errors
/// `Verification`, with a related error for each property that cannot be used, if it is no JSON object or its file is outside of
/// `expected`.
pub fn read_spec(source: &SourceText) -> Result<(Spec, Vec<Note>)> {
    let root = source.parse()?.root;
    let place = |node: &Node| source.place(node.span.start);
    let Some(object) = root.value.as_object() else {
        let message = format!("a spec must be an object, this is {}", root.value.kind_name());
        return Err(Error::new(Kind::Verification, message)
            .at(place(&root))
            .with_hint("write `{}` for a spec without properties"));
    };
    let path = source.file().as_ref();
    let stem = path.rsplit('/').next().unwrap_or(path);
    let stem = stem.strip_suffix(END).unwrap_or(stem).to_owned();
    let (mut notes, mut problems) = (Vec::new(), Vec::new());
    for member in object.members().iter().filter(|member| !KEYS.contains(&&*member.key)) {
        let near = nearest(&member.key, KEYS).map(|near| format!("; did you mean {near:?}?"));
        let message = format!("unknown property {:?} is ignored{}", member.key, near.unwrap_or_default());
        notes.push(Note::warning(message).at_all([source.place(member.key_span.start)]));
    }
    let mut text = |key: &str| match object.get(key) {
        None => None,
        Some(node) => {
            let text = node.as_str().filter(|text| !text.is_empty());
            if text.is_none() {
                problems.push(wrong(key, "a text that is not empty", node).at(place(node)));
            }
            text.map(str::to_owned)
        }
    };
    let pipe = text("pipe").unwrap_or_else(|| stem.clone());
    let file = text("file").unwrap_or_else(|| format!("{stem}.json"));
    let endpoint = text("endpoint");
    let stage = text("stage");
    let name = text("name").unwrap_or_else(|| path.strip_suffix(END).unwrap_or(path).to_owned());
    let file = file.strip_prefix("expected/").unwrap_or(&file).to_owned();
    let leaves = file.starts_with('/') || file.contains('\\') || file.split('/').any(|step| step == "..");
    if let Some(node) = object.get("file").filter(|_| leaves) {
        let message = format!("`file` {file:?} is outside of the folder `expected`");
        problems.push(Error::new(Kind::Verification, message).at(place(node)));
    }
    let mut list = |key: &str| match object.get(key).map(|node| (node, &node.value)) {
        None => None,
        Some((node, Value::Array(items))) => {
            let mut texts = Vec::with_capacity(items.len());
            for item in items {
                match item.as_str() {
                    Some(text) => texts.push(text.to_owned()),
                    None => problems.push(wrong(key, "a list of texts", item).at(place(node))),
                }
            }
            Some(texts)
        }
        Some((node, _)) => {
            problems.push(wrong(key, "a list of texts", node).at(place(node)));
            None
        }
    };
    let blacklist = list("blacklist").unwrap_or_default();
    let fields_to_sort_by = list("fields_to_sort_by").unwrap_or_else(|| vec!["_id".to_owned()]);
    let truth = |key: &str, notes: &mut Vec<Note>| {
        object.get(key).map(|node| {
            let is_true = node.value == Value::Bool(true);
            if !matches!(node.value, Value::Bool(_)) {
                let message =
                    format!("`{key}` is {}; only the literal `true` counts as true", node.value.kind_name());
                notes.push(Note::warning(message).at_all([place(node)]));
            }
            is_true
        })
    };
    let ignore = truth("ignore", &mut notes).unwrap_or(false);
    let ignore_deletes = truth("ignore_deletes", &mut notes).unwrap_or(true);
    let endpoint = match endpoint.as_deref() {
        None | Some("json" | "excel") => Endpoint::Entities,
        Some("xml") => Endpoint::Xml,
        Some(other) => Endpoint::Bytes(other.to_owned()),
    };
    let parameters = match object.get("parameters").map(|node| (node, &node.value)) {
        None => Vec::new(),
        Some((_, Value::Object(object))) => {
            object.members().iter().flat_map(|member| parameter(&member.key, &member.node.value)).collect()
        }
        Some((node, _)) => {
            problems.push(wrong("parameters", "an object", node).at(place(node)));
            Vec::new()
        }
    };
    let unused = match endpoint {
        Endpoint::Entities => vec![("parameters", "only published endpoints take it")],
        _ => ["stage", "blacklist", "ignore_deletes", "fields_to_sort_by"]
            .map(|key| (key, "only the endpoints `json` and `excel` use it"))
            .to_vec(),
    };
    for (key, reason) in unused {
        if let Some(node) = object.get(key) {
            notes.push(Note::warning(format!("`{key}` has no effect: {reason}")).at_all([place(node)]));
        }
    }
    if !problems.is_empty() {
        let message = format!("{} problems were found in {path}", problems.len());
        return Err(Error::together(Kind::Verification, message, problems));
    }
    let spec = Spec {
        stem,
        name,
        pipe,
        file,
        endpoint,
        stage,
        parameters,
        blacklist,
        ignore,
        ignore_deletes,
        fields_to_sort_by,
    };
    Ok((spec, notes))
}

fn wrong(key: &str, expected: &str, found: &Node) -> Error {
    Error::new(Kind::Verification, format!("`{key}` must be {expected}, this is {}", found.value.kind_name()))
}

/// A parameter as query parameters. Booleans are written as Python writes them.
fn parameter(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| parameter(name, &item.value)).collect(),
        Value::Bool(truth) => vec![(name.to_owned(), if *truth { "True" } else { "False" }.to_owned())],
        Value::String(text) => vec![(name.to_owned(), text.to_string())],
        Value::Null => Vec::new(),
        other => vec![(name.to_owned(), compact(other))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Spec, Vec<Note>)> {
        read_spec(&SourceText::new("expected/foo-A.test.json", text))
    }

    #[test]
    fn a_spec_without_properties_has_the_defaults() {
        let (spec, notes) = read("\u{feff}{}").unwrap();
        let expected = Spec {
            stem: "foo-A".to_owned(),
            name: "expected/foo-A".to_owned(),
            pipe: "foo-A".to_owned(),
            file: "foo-A.json".to_owned(),
            endpoint: Endpoint::Entities,
            stage: None,
            parameters: Vec::new(),
            blacklist: Vec::new(),
            ignore: false,
            ignore_deletes: true,
            fields_to_sort_by: vec!["_id".to_owned()],
        };
        assert_eq!((spec, notes.len()), (expected, 0));
    }

    #[test]
    fn every_property_is_read() {
        let text = r#"{"_id": "x", "type": "test", "description": "d", "pipe": "foo", "file": "expected/a.xml", "endpoint": "xml",
            "name": "n", "ignore": true, "parameters": {"my-param": "A B", "l": [1, 2], "n": 5, "b": true}}"#;
        let (spec, notes) = read(text).unwrap();
        assert_eq!((&*spec.pipe, &*spec.file, &*spec.name), ("foo", "a.xml", "n"));
        assert_eq!((&spec.endpoint, spec.ignore, notes.len()), (&Endpoint::Xml, true, 0));
        let parameters: Vec<String> =
            spec.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(parameters, ["my-param=A B", "l=1", "l=2", "n=5", "b=True"]);
        let text = r#"{"stage": "after-transforms", "blacklist": ["a"], "ignore_deletes": false, "fields_to_sort_by": ["b"]}"#;
        let (spec, notes) = read(text).unwrap();
        assert_eq!((spec.stage.as_deref(), notes.len()), (Some("after-transforms"), 0));
        assert_eq!(
            (&*spec.blacklist, &*spec.fields_to_sort_by),
            (&["a".to_owned()][..], &["b".to_owned()][..])
        );
        assert!(!spec.ignore_deletes);
        for (endpoint, expected) in [
            ("json", Endpoint::Entities),
            ("excel", Endpoint::Entities),
            ("xml", Endpoint::Xml),
            ("csv", Endpoint::Bytes("csv".to_owned())),
            ("entities", Endpoint::Bytes("entities".to_owned())),
        ] {
            let (spec, _) = read(&format!("{{\"endpoint\": \"{endpoint}\"}}")).unwrap();
            assert_eq!((spec.endpoint, &*spec.file), (expected, "foo-A.json"), "{endpoint}");
        }
    }

    #[test]
    fn a_text_is_never_true_and_what_has_no_effect_is_a_warning_with_its_place() {
        let (spec, notes) =
            read(r#"{"ignore": "true", "ignore_deletes": "true", "blaklist": [], "parameters": {}}"#)
                .unwrap();
        assert!(!spec.ignore && !spec.ignore_deletes);
        let notes: Vec<String> =
            notes.iter().map(|note| format!("{}: {}", note.places[0], note.message)).collect();
        assert_eq!(
            notes,
            [
                "expected/foo-A.test.json:1:46: unknown property \"blaklist\" is ignored; did you mean \"blacklist\"?",
                "expected/foo-A.test.json:1:12: `ignore` is a text; only the literal `true` counts as true",
                "expected/foo-A.test.json:1:38: `ignore_deletes` is a text; only the literal `true` counts as true",
                "expected/foo-A.test.json:1:76: `parameters` has no effect: only published endpoints take it",
            ]
        );
    }

    #[test]
    fn what_cannot_be_used_is_an_error_with_its_place() {
        for (text, expected) in [
            ("[]", "a spec must be an object, this is a list"),
            ("{", "expected"),
            (r#"{"blacklist": "x"}"#, "`blacklist` must be a list of texts, this is a text"),
            (
                r#"{"fields_to_sort_by": [1]}"#,
                "`fields_to_sort_by` must be a list of texts, this is a number",
            ),
            (r#"{"pipe": 7}"#, "`pipe` must be a text that is not empty, this is a number"),
            (r#"{"parameters": []}"#, "`parameters` must be an object, this is a list"),
            (r#"{"file": "../secret.json"}"#, "is outside of the folder `expected`"),
            (r#"{"file": "/etc/passwd"}"#, "is outside of the folder `expected`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert_eq!((error.kind(), error.places().len()), (Kind::Verification, 1), "{text}");
        }
        let error = read(r#"{"pipe": 7, "blacklist": "x"}"#).unwrap_err();
        assert_eq!(error.related().len(), 2);
    }
}
