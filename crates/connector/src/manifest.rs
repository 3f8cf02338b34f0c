//! `manifest.json`: what a connector is expanded from.

use std::sync::Arc;

use deployer_core::document::{Node, Object, SourceText, Span, Value};
use deployer_core::error::{Error, Kind, Note, Place, Result};

use crate::paths::inside;
use crate::python::is_true;

/// A manifest.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) source: SourceText,
    pub(crate) system_template: Option<TemplatePath>,
    pub(crate) datatypes: Vec<Datatype>,
    /// The names of the additional parameters, in order.
    pub(crate) additional_parameters: Vec<String>,
    pub(crate) use_webhook_secret: bool,
    pub(crate) notes: Vec<Note>,
}

/// A datatype, in the order of the manifest.
#[derive(Debug)]
pub(crate) struct Datatype {
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) template: TemplatePath,
    pub(crate) parameters: Vec<(String, Value)>,
    pub(crate) parent: Option<Value>,
}

/// The path of a template, as the manifest names it and below the connector's folder.
#[derive(Debug, Clone)]
pub(crate) struct TemplatePath {
    pub(crate) written: String,
    pub(crate) path: String,
    pub(crate) place: Place,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// `Verification`, with a related error for each problem.
    pub(crate) fn read(source: &SourceText) -> Result<Self> {
        if source.byte_order_mark() {
            return Err(byte_order_mark(source));
        }
        let parsed = source.parse()?;
        let mut reader = Reader { source, problems: Vec::new() };
        let notes = parsed.duplicates.iter().map(|duplicate| {
            let message = format!("the key {:?} is defined twice; the last value counts", duplicate.key);
            Note::warning(message).at_all([duplicate.first.clone(), duplicate.place.clone()])
        });
        let manifest = reader.manifest(&parsed.root, notes.collect());
        if reader.problems.is_empty() {
            return Ok(manifest);
        }
        let message = format!("the connector's {} cannot be used", source.file());
        Err(Error::together(Kind::Verification, message, reader.problems))
    }
}

/// A file that begins with a byte order mark, which Sesam's tool rejects.
pub(crate) fn byte_order_mark(source: &SourceText) -> Error {
    Error::new(Kind::Verification, format!("{} is not valid JSON", source.file()))
        .with_cause("the file starts with a byte order mark, which Sesam's tool rejects in a connector")
        .at(Place::new(source.file().clone(), 1, 1))
        .with_hint("save the file as UTF-8 without a byte order mark")
}

struct Reader<'a> {
    source: &'a SourceText,
    problems: Vec<Error>,
}

impl Reader<'_> {
    fn manifest(&mut self, root: &Node, notes: Vec<Note>) -> Manifest {
        if root.value.as_object().is_none() {
            self.wrong(root.span, "a manifest must be an object", &root.value);
        }
        let datatypes = match root.get("datatypes") {
            Some(node) => self.object(node, "`datatypes` must be an object"),
            None => {
                let hint = "add `\"datatypes\": {}`, with one member per datatype";
                self.problem(root.span, "the manifest has no `datatypes`", hint);
                None
            }
        };
        let datatypes = datatypes.map(|object| self.datatypes(object)).unwrap_or_default();
        let additional = root.get("additional_parameters");
        let additional =
            additional.and_then(|node| self.object(node, "`additional_parameters` must be an object"));
        let additional = additional.map(|object| object.members()).unwrap_or_default();
        let template = root.get("system-template").filter(|node| is_true(&node.value));
        Manifest {
            source: self.source.clone(),
            system_template: template.and_then(|node| self.template(node, "`system-template`")),
            datatypes,
            additional_parameters: additional.iter().map(|member| member.key.to_string()).collect(),
            use_webhook_secret: root.get("use_webhook_secret").is_some_and(|node| is_true(&node.value)),
            notes,
        }
    }

    fn datatypes(&mut self, object: &Object) -> Vec<Datatype> {
        let mut datatypes = Vec::new();
        for member in object.members() {
            let name = &*member.key;
            let Some(datatype) = self.object(&member.node, &format!("datatype {name} must be an object"))
            else {
                continue;
            };
            let Some(template) = datatype.get("template") else {
                let message = format!("datatype {name} has no `template`");
                let hint = "add `\"template\": \"templates/<name>.json\"`";
                self.problem(member.key_span, &message, hint);
                continue;
            };
            let parameters = datatype.get("parameters").and_then(|node| {
                self.object(node, &format!("`parameters` of datatype {name} must be an object"))
            });
            let parameters = parameters.map(|object| object.members()).unwrap_or_default().iter();
            let parameters =
                parameters.map(|parameter| (parameter.key.to_string(), parameter.node.value.clone()));
            let parameters = parameters.collect();
            let Some(template) = self.template(template, &format!("`template` of datatype {name}")) else {
                continue;
            };
            datatypes.push(Datatype {
                name: Arc::from(name),
                span: member.key_span,
                template,
                parameters,
                parent: datatype.get("parent").map(|node| node.value.clone()),
            });
        }
        datatypes
    }

    fn template(&mut self, node: &Node, what: &str) -> Option<TemplatePath> {
        let Some(written) = node.as_str() else {
            self.wrong(node.span, &format!("{what} must be a path"), &node.value);
            return None;
        };
        let place = self.source.place(node.span.start);
        let Some(path) = inside(written) else {
            let message = format!("{what} is {written:?}, which is not below the connector's folder");
            self.problem(node.span, &message, "name a file such as \"templates/name.json\"");
            return None;
        };
        Some(TemplatePath { written: written.to_owned(), path, place })
    }

    fn object<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n Object> {
        if node.value.as_object().is_none() {
            self.wrong(node.span, expected, &node.value);
        }
        node.value.as_object()
    }

    fn wrong(&mut self, span: Span, expected: &str, value: &Value) {
        let message = format!("{expected}, this is {}", value.kind_name());
        let error = Error::new(Kind::Verification, message).at(self.source.place(span.start));
        self.problems.push(error);
    }

    fn problem(&mut self, span: Span, message: &str, hint: &str) {
        let error = Error::new(Kind::Verification, message).at(self.source.place(span.start));
        self.problems.push(error.with_hint(hint));
    }
}
