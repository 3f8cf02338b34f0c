//! The entities of a connector.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_core::document::{Member, Node, SourceText, Span, Value};
use deployer_core::error::{Error, Kind, Note, Place};
use deployer_core::model::{Entity, EntityKind, Origin};

use crate::connector::Connector;
use crate::faults::faults;
use crate::fixed::{shared_template_comment, shim, webhook_permissions};
use crate::jinja::{Context, Templates, template_text, template_value};
use crate::manifest::{Datatype, TemplatePath};
use crate::marks::{first_block_use, first_use, mark, marks};
use crate::paths::stem;

/// How a connector is expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The system name: the id of the system, and the beginning of the pipes' ids.
    pub system: String,
    /// Whether a shim is made for each datatype: a pipe that passes data from the collect pipe to the share pipe.
    pub shims: bool,
}

/// What a connector is expanded to.
#[derive(Debug, Default)]
pub struct Expansion {
    /// The pipes and systems, in the order they are made.
    pub entities: Vec<Entity>,
    /// What is wrong.
    pub problems: Vec<Error>,
    /// What Sesam's tool does silently, or rejects although it works.
    pub notes: Vec<Note>,
}

impl Connector {
    /// Makes the entities: those of the system template, then for each datatype those of its template and its shim.
    pub fn expand(&self, options: &Options) -> Expansion {
        let sources = self.templates.iter().filter_map(|(path, text)| Some((path.clone(), text.clone()?)));
        let mut expanding = match Templates::new(sources.collect()) {
            Ok(templates) => Expanding::new(self, options, templates),
            Err(problem) => {
                let problem = problem.at(Place::file(self.manifest.source.file().clone()));
                return Expansion { problems: vec![problem], ..Expansion::default() };
            }
        };
        if let Some(template) = &self.manifest.system_template {
            expanding.template(template, None);
        }
        for datatype in &self.manifest.datatypes {
            expanding.datatype(datatype);
        }
        let mut made = expanding.made;
        made.notes.extend(faults(&self.manifest, &expanding.templates, &made.entities));
        made
    }
}

/// The work on one connector.
struct Expanding<'a> {
    connector: &'a Connector,
    options: &'a Options,
    templates: Templates,
    /// The values that templates know: the system name, the additional parameters, and the parameters of this and earlier datatypes.
    context: Context,
    /// The parameters that are true or false, with their values.
    flags: BTreeMap<String, bool>,
    /// The names of parameters of earlier datatypes.
    earlier: BTreeSet<String>,
    /// The names that warnings are about, with their places: datatypes can share a template.
    noted: BTreeSet<(String, Place, &'static str)>,
    made: Expansion,
}

impl<'a> Expanding<'a> {
    fn new(connector: &'a Connector, options: &'a Options, templates: Templates) -> Self {
        let system = ("system".to_owned(), template_text(&options.system));
        let parameters = connector.manifest.additional_parameters.iter();
        let parameters = parameters.map(|name| (name.clone(), template_text(&format!("$ENV({name})"))));
        let made = Expansion { notes: connector.manifest.notes.clone(), ..Expansion::default() };
        Self {
            connector,
            options,
            templates,
            context: std::iter::once(system).chain(parameters).collect(),
            flags: BTreeMap::new(),
            earlier: BTreeSet::new(),
            noted: BTreeSet::new(),
            made,
        }
    }

    fn datatype(&mut self, datatype: &Datatype) {
        for (name, value) in &datatype.parameters {
            self.set(name, value);
        }
        let before = (self.context.clone(), self.flags.clone());
        if let Some(parent) = &datatype.parent {
            self.set("parent", parent);
        }
        self.set("datatype", &Value::string(&*datatype.name));
        self.template(&datatype.template, Some(datatype));
        (self.context, self.flags) = before;
        self.earlier.extend(datatype.parameters.iter().map(|(name, _)| name.clone()));
        let shim = match shim(&self.connector.manifest, datatype, &self.options.system) {
            Ok(shim) => shim,
            Err(problem) => return self.made.problems.push(problem),
        };
        if self.options.shims {
            self.put(shim);
        } else {
            // A pipe of the template that has the shim's id is left out as well: the solution has a pipe of its own.
            self.made.entities.retain(|entity| entity.id() != shim.id() || entity.kind() != shim.kind());
        }
    }

    /// Sets a value. A flag is the text of its own mark: the text that consists of it becomes the flag afterwards.
    fn set(&mut self, name: &str, value: &Value) {
        let value = match value {
            Value::Bool(flag) => {
                self.flags.insert(name.to_owned(), *flag);
                template_text(&mark(name))
            }
            value => {
                self.flags.remove(name);
                template_value(value)
            }
        };
        self.context.insert(name.to_owned(), value);
    }

    fn template(&mut self, template: &TemplatePath, datatype: Option<&Datatype>) {
        let of = datatype.map_or_else(|| "the system".to_owned(), |it| format!("datatype {}", it.name));
        if self.templates.source(&template.path).is_none() {
            let message = format!("the template {:?} of {of} does not exist", template.written);
            let error = Error::new(Kind::Verification, message).at(template.place.clone());
            self.made.problems.push(error.with_hint("create the file, or correct its path"));
            return;
        }
        self.note_names(template, datatype, &of);
        let rendered = match self.templates.render(&template.path, &self.context) {
            Ok(rendered) => rendered,
            Err(problem) => return self.made.problems.push(problem.with_detail(format!("for {of}"))),
        };
        let root = match rendered.parse() {
            Ok(parsed) => parsed.root,
            Err(problem) => {
                let problem = Error::from(problem).with_detail(format!("filled in for {of}"));
                return self.made.problems.push(self.with_flag_hint(problem, &template.path));
            }
        };
        let root = self.with_flags(root, &rendered);
        let origin = Origin::Connector { template: rendered, datatype: datatype.map(|it| it.name.clone()) };
        let nodes = match root.value {
            Value::Array(items) => items,
            value => vec![Node { value, span: root.span }],
        };
        let comment = datatype
            .filter(|datatype| stem(&template.path) != &*datatype.name)
            .map(|_| shared_template_comment(stem(&template.path)));
        for node in nodes {
            self.entity(node, &origin, comment.as_deref());
        }
    }

    fn entity(&mut self, mut node: Node, origin: &Origin, comment: Option<&str>) {
        let kind = node.get("type").and_then(Node::as_str).map(str::to_owned);
        if let Some(comment) = comment {
            node = with_member(node, "comment", Value::string(comment));
        }
        if self.is_event_pipe(&node) {
            if node.get("permissions").is_some() {
                let message = "the permissions of this pipe are replaced: with `use_webhook_secret` anonymous users may write";
                let place = origin.source().place(node.span.start);
                self.made.notes.push(Note::warning(message).at_all([place]));
            }
            node = with_member(node, "permissions", webhook_permissions());
        }
        let entity = match Entity::new(node, origin.clone()) {
            Ok(entity) => entity,
            Err(problem) => return self.made.problems.push(problem),
        };
        let problem = |message: String, hint: &str| {
            Error::new(Kind::Verification, message).at(entity.place()).with_hint(hint)
        };
        match kind {
            None => {
                let message = format!("the entity {} has no `type`", entity.id());
                self.made.problems.push(problem(message, "add `\"type\": \"pipe\"`"));
            }
            Some(kind) if kind != "pipe" && !kind.starts_with("system:") => {
                let message = format!(
                    "{} has the type {kind:?} and is ignored: a connector makes pipes and systems",
                    entity.id()
                );
                self.made.notes.push(Note::warning(message).at_all([entity.place()]));
            }
            Some(_) if entity.kind() == EntityKind::Pipe && !has_source(&entity) => {
                let message = format!("the pipe {} has no `source`", entity.id());
                self.made.problems.push(problem(message, "add `\"source\": {\"type\": …}`"));
            }
            Some(_) => self.put(entity),
        }
    }

    fn is_event_pipe(&self, node: &Node) -> bool {
        let text = |path| node.at_path(path).and_then(Node::as_str).unwrap_or_default();
        self.connector.manifest.use_webhook_secret
            && text("type") == "pipe"
            && text("source.type") == "http_endpoint"
            && text("_id").ends_with("event")
    }

    /// Adds an entity. A later entity of a kind replaces an earlier one that has its id.
    fn put(&mut self, entity: Entity) {
        let same = |other: &&mut Entity| other.id() == entity.id() && other.kind() == entity.kind();
        let Some(earlier) = self.made.entities.iter_mut().find(same) else {
            return self.made.entities.push(entity);
        };
        let message =
            format!("the {} {} is made twice; the last one counts", entity.kind().noun(), entity.id());
        self.made.notes.push(Note::warning(message).at_all([earlier.place(), entity.place()]));
        *earlier = entity;
    }

    /// Replaces each text that is the mark of a flag by the flag, and warns of marks that stay.
    fn with_flags(&mut self, node: Node, rendered: &SourceText) -> Node {
        let span = node.span;
        let value = match node.value {
            Value::String(text) => match self.flags.iter().find(|(name, _)| *text == *mark(name)) {
                Some((_, flag)) => Value::Bool(*flag),
                None => {
                    self.note_marks(&text, rendered, span);
                    Value::String(text)
                }
            },
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.with_flags(item, rendered)).collect())
            }
            Value::Object(object) => Value::object(object.members().iter().map(|member| Member {
                key: member.key.clone(),
                key_span: member.key_span,
                node: self.with_flags(member.node.clone(), rendered),
            })),
            other => other,
        };
        Node { value, span }
    }

    fn note_marks(&mut self, text: &str, rendered: &SourceText, span: Span) {
        for (offset, name) in marks(text) {
            let why =
                if self.flags.contains_key(name) { ": true or false must be the whole text" } else { "" };
            let place = rendered.place_in_string(span, offset);
            self.note(&format!("the mark {} stays in the text{why}", mark(name)), place);
        }
    }

    /// Warns of names that Sesam's tool fills in with an empty text, or in another way than people expect.
    fn note_names(&mut self, template: &TemplatePath, datatype: Option<&Datatype>, of: &str) {
        let Some(source) = self.templates.source(&template.path).cloned() else { return };
        let place = |at: Option<usize>| source.place(at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0));
        for name in self.templates.unknown_names(&template.path, &self.context) {
            let at = place(first_use(source.text(), &name));
            self.note_name(&name, at, "is unknown for", of, " and becomes an empty text");
        }
        let own = |name: &str| {
            let parameter = |datatype: &Datatype| datatype.parameters.iter().any(|(own, _)| own == name);
            name == "datatype"
                || datatype.is_some_and(|it| parameter(it) || (name == "parent" && it.parent.is_some()))
        };
        for name in self.earlier.clone().iter().filter(|name| !own(name)) {
            if let Some(at) = first_use(source.text(), name) {
                self.note_name(name, place(Some(at)), "reaches", of, " only from an earlier datatype");
            }
        }
        for name in self.flags.clone().keys() {
            if let Some(at) = first_block_use(source.text(), name) {
                let message = format!("{name} counts as true in a block, also if it is false");
                self.note(&message, place(Some(at)));
            }
        }
    }

    /// Warns of a name once per place, for the first datatype.
    fn note_name(&mut self, name: &str, place: Place, verb: &'static str, of: &str, what: &str) {
        if self.noted.insert((name.to_owned(), place.clone(), verb)) {
            self.note(&format!("{} {verb} {of}{what}", mark(name)), place);
        }
    }

    /// Adds a warning, or its place to the same warning.
    fn note(&mut self, message: &str, place: Place) {
        match self.made.notes.iter_mut().find(|note| note.message == message) {
            Some(note) if note.places.contains(&place) => {}
            Some(note) => note.places.push(place),
            None => self.made.notes.push(Note::warning(message).at_all([place])),
        }
    }

    /// A flag outside of a text is not JSON.
    fn with_flag_hint(&self, problem: Error, path: &str) -> Error {
        let text: Arc<str> = self.templates.source(path).map_or("".into(), |source| source.text().into());
        let names: Vec<&str> =
            self.flags.keys().map(String::as_str).filter(|name| first_use(&text, name).is_some()).collect();
        if names.is_empty() {
            return problem
                .with_hint("values are filled in as they are: quotes and backslashes must be escaped");
        }
        let names = names.join(", ");
        problem.with_hint(format!("true and false must be a whole text in quotes: {names}"))
    }
}

/// Whether a pipe says what it reads.
fn has_source(pipe: &Entity) -> bool {
    let is_object = |node: &Node| node.value.as_object().is_some();
    pipe.at_path("source").is_some_and(is_object)
        || ["short_config", "$conditional_properties"].iter().any(|key| pipe.root().get(key).is_some())
}

/// An object with a member set. Another value is as it was.
fn with_member(node: Node, key: &str, value: Value) -> Node {
    let Some(object) = node.value.as_object() else { return node };
    let span = node.span;
    let member = Member { key: key.into(), key_span: span, node: Node { value, span } };
    Node { value: Value::object(object.members().iter().cloned().chain([member])), span }
}
