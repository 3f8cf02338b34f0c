//! Filling in templates.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use deployer_core::document::{Piece, SourceText};
use deployer_core::error::{Error, Kind, Place, Result, nearest};
use minijinja::{
    AutoEscape, Environment, ErrorKind, OutputSpanKind, UndefinedBehavior, syntax::SyntaxConfig,
};

use super::values::TemplateValue;
use crate::marks::{BLOCK, VALUE};
use crate::paths::inside;

/// What begins and ends a comment.
const COMMENT: (&str, &str) = ("{#", "#}");

/// Steps after which a template is stopped: a loop in a template must end.
const FUEL: u64 = 5_000_000;

/// The templates of a connector, ready to be filled in.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    sources: Arc<BTreeMap<String, SourceText>>,
}

/// What a template is filled in with.
pub(crate) type Context = BTreeMap<String, TemplateValue>;

impl Templates {
    /// # Errors
    /// `Bug` if the marks are no delimiters for the template language.
    pub(crate) fn new(sources: BTreeMap<String, SourceText>) -> Result<Self> {
        let sources = Arc::new(sources);
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .variable_delimiters(VALUE.0, VALUE.1)
            .block_delimiters(BLOCK.0, BLOCK.1)
            .comment_delimiters(COMMENT.0, COMMENT.1)
            .build()
            .map_err(|_| Error::new(Kind::Bug, "the template language rejects the marks of connectors"))?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        let files = Arc::clone(&sources);
        environment.set_loader(move |name| {
            let file = inside(name).and_then(|path| files.get(&path));
            Ok(file.map(|source| source.text().to_owned()))
        });
        Ok(Self { environment, sources })
    }

    /// The text of a template with its values, whose places are those of the template.
    ///
    /// # Errors
    /// `Verification` if the template is malformed or cannot be filled in, with file and line.
    pub(crate) fn render(&self, path: &str, context: &Context) -> Result<SourceText> {
        let template = self.environment.get_template(path).map_err(|error| self.failure(path, &error))?;
        let (text, spans) =
            template.render_with_spans(context).map_err(|error| self.failure(path, &error))?;
        let mut pieces = Vec::new();
        for span in &spans {
            let Some(source) = self.source(span.name()) else { continue };
            let (from, start) = (span.source_range().start, span.output_range().start);
            pieces.push(piece(source, start, from, span.kind() == OutputSpanKind::Raw));
            if span.kind() == OutputSpanKind::Raw {
                let lines = text[span.output_range()].match_indices('\n').map(|(at, _)| at + 1);
                pieces.extend(lines.map(|at| piece(source, start + at, from + at, true)));
            }
        }
        Ok(SourceText::generated(self.file(path), text, pieces))
    }

    /// The names that a template uses and neither defines nor finds in its context.
    pub(crate) fn unknown_names(&self, path: &str, context: &Context) -> Vec<String> {
        let Ok(template) = self.environment.get_template(path) else { return Vec::new() };
        let globals: HashSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let names = template.undeclared_variables(false).into_iter();
        let mut names: Vec<String> =
            names.filter(|name| !context.contains_key(name) && !globals.contains(name.as_str())).collect();
        names.sort();
        names
    }

    /// A template's own text.
    pub(crate) fn source(&self, path: &str) -> Option<&SourceText> {
        self.sources.get(&inside(path)?)
    }

    /// The path of a template for messages.
    pub(crate) fn file(&self, path: &str) -> Arc<str> {
        self.source(path).map_or_else(|| Arc::from(path), |source| Arc::clone(source.file()))
    }

    fn failure(&self, path: &str, error: &minijinja::Error) -> Error {
        // What happens in an included template is the cause of a failure of the template that includes it.
        let mut deepest = error;
        while let Some(cause) =
            std::error::Error::source(deepest).and_then(|source| source.downcast_ref::<minijinja::Error>())
        {
            deepest = cause;
        }
        let name = deepest.name().unwrap_or(path);
        let file = self.file(name);
        let message = match deepest.kind() {
            ErrorKind::SyntaxError => format!("{file} is not a valid template"),
            ErrorKind::TemplateNotFound => format!("{file} includes a template that does not exist"),
            ErrorKind::UnknownFilter => format!("{file} uses an unknown filter"),
            ErrorKind::UnknownTest => format!("{file} uses an unknown test"),
            ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
                format!("{file} calls an unknown function")
            }
            ErrorKind::UndefinedError => format!("{file} uses an undefined name"),
            ErrorKind::OutOfFuel => format!("{file} runs too long, such as a loop without an end"),
            _ => format!("{file} cannot be filled in"),
        };
        let mut failure = Error::new(Kind::Verification, message).at(self.place(name, deepest));
        if let Some(detail) = deepest.detail() {
            failure = failure.with_cause(detail);
        }
        self.hint(failure, deepest)
    }

    fn place(&self, name: &str, error: &minijinja::Error) -> Place {
        match (self.source(name), error.range(), error.line()) {
            (Some(source), Some(range), _) => source.place(u32::try_from(range.start).unwrap_or(u32::MAX)),
            (_, _, Some(line)) => Place::new(self.file(name), u32::try_from(line).unwrap_or(u32::MAX), 0),
            _ => Place::file(self.file(name)),
        }
    }

    fn hint(&self, failure: Error, error: &minijinja::Error) -> Error {
        match error.kind() {
            ErrorKind::InvalidOperation if error.detail().is_some_and(|text| text.contains("undefined")) => {
                failure.with_hint(
                    "a name with a dash is read as a subtraction; write the variable by hand: `$ENV(name-with-dash)`",
                )
            }
            ErrorKind::SyntaxError => {
                failure.with_hint("close every `{{@`, `{{%` and `{#`, and every `if` and `for`")
            }
            ErrorKind::TemplateNotFound => {
                let known = self.sources.keys().map(String::as_str);
                let near = error.detail().and_then(|detail| {
                    let name = detail.split('"').nth(1)?;
                    nearest(name, known)
                });
                match near {
                    Some(near) => failure.with_hint(format!("did you mean {near:?}?")),
                    None => failure.with_hint("paths are relative to the connector's folder"),
                }
            }
            _ => failure,
        }
    }
}

fn piece(source: &SourceText, start: usize, from: usize, copied: bool) -> Piece {
    let offset = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Piece { start: offset(start), place: source.place(offset(from)), copied }
}
