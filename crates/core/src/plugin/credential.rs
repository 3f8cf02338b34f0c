//! References to credentials. Settings never hold a credential, only where it is found.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Context, private_file};
use crate::document::SourceText;
use crate::error::{Error, Kind, Result};
use crate::secret::SecretValue;

/// Where a credential is found.
///
/// - `{ env = "NAME" }`: an environment variable;
/// - `{ env = "NAME", field = "JWT" }`: a member of the JSON object that an environment variable holds (backticks in its text are
///   dropped, as the original's users write them); dots lead into nested objects, and where a name itself holds a dot, a list does:
///   `field = ["node.one", "TOKEN"]`;
/// - `{ file = "path" }`: a file, line ends at its end dropped;
/// - `{ command = ["program", "argument"] }`: what a command writes to its standard output, blanks at its ends dropped. Of the
///   environment variables it gets only the system's (`PATH`, `HOME`, …) and those that `variables = ["NAME"]` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// An environment variable, or a member of the JSON object in it.
    Env {
        /// The name of the variable.
        name: String,
        /// The members on the way into the JSON object; none when the whole text is the credential.
        field: Vec<String>,
    },
    /// A file.
    File(PathBuf),
    /// A program and its arguments.
    Command {
        /// The program, then its arguments.
        words: Vec<String>,
        /// The environment variables that it gets besides the system's.
        variables: Vec<String>,
    },
}

impl Credential {
    /// Finds the credential, trims line ends, and adds it to the redactor. A command runs once per run, however often it is named.
    ///
    /// # Errors
    /// `Settings` if the variable, the member or the file is absent, empty or unreadable, or the command fails; `Interrupted` if the
    /// run ends while the command runs. The text never holds the value.
    pub fn resolve(&self, context: &Context) -> Result<SecretValue> {
        if let Credential::Command { words, variables } = self {
            let value = context.commands.output(words, variables, &context.variables, &context.folder)?;
            context.redactor.add(self.to_string(), &value);
            return Ok(value);
        }
        self.read(context).map(|value| context.secret(&self.to_string(), value))
    }

    /// Checks that the credential can be found, without running a command.
    ///
    /// # Errors
    /// As [`Self::resolve`]; for a command, if commands are not allowed.
    pub fn check(&self, context: &Context) -> Result<()> {
        match self {
            Credential::Command { words, .. } => context.commands.allow(words),
            _ => self.read(context).map(drop),
        }
    }

    fn read(&self, context: &Context) -> Result<String> {
        let missing =
            |cause: String| Error::new(Kind::Settings, format!("no credential in {self}")).with_cause(cause);
        let value = match self {
            Credential::Env { name, field } => {
                let text = context.variables.get(name).ok_or_else(|| {
                    missing("the environment variable is not set or empty".to_owned())
                        .with_hint(format!("set the environment variable {name}"))
                })?;
                match field.as_slice() {
                    [] => text.to_owned(),
                    field => member(name, text, field).map_err(missing)?,
                }
            }
            Credential::File(path) => {
                let path = context.path(path);
                context.secret_files.add(&path);
                private_file::text(&path).map_err(missing)?
            }
            Credential::Command { .. } => return Err(missing("it comes from a command".to_owned())),
        };
        match value.trim_end_matches(['\r', '\n']) {
            "" => Err(missing("it is empty".to_owned())),
            value => Ok(value.to_owned()),
        }
    }
}

fn member(name: &str, text: &str, field: &[String]) -> Result<String, String> {
    let source = SourceText::new(format!("${name}"), text.replace('`', ""));
    let parsed = source.parse().map_err(|error| format!("{} ({})", error.message, error.place))?;
    let shown = field.join(".");
    match field.iter().try_fold(&parsed.root, |node, step| node.get(step)) {
        None => Err(format!("the JSON object has no member {shown:?}")),
        Some(node) => node
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("{shown} must be a text, it is {}", node.value.kind_name())),
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Env { name, field } if field.is_empty() => write!(f, "${name}"),
            Credential::Env { name, field } => write!(f, "{} of ${name}", field.join(".")),
            Credential::File(path) => write!(f, "file {}", path.display()),
            Credential::Command { words, .. } => write!(f, "command {}", words.join(" ")),
        }
    }
}

impl Serialize for Credential {
    /// Writes the reference, as settings hold it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Credential::Env { name, field } => {
                map.serialize_entry("env", name)?;
                if !field.is_empty() {
                    map.serialize_entry("field", field)?;
                }
            }
            Credential::File(path) => map.serialize_entry("file", path)?,
            Credential::Command { words, variables } => {
                map.serialize_entry("command", words)?;
                if !variables.is_empty() {
                    map.serialize_entry("variables", variables)?;
                }
            }
        }
        map.end()
    }
}

impl JsonSchema for Credential {
    fn schema_name() -> Cow<'static, str> {
        "Credential".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Credential").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "credential",
            "description": "Where a credential is found. Settings never hold a credential itself.",
            "type": "object",
            "oneOf": [
                {
                    "properties": {
                        "env": {
                            "description": "The name of the environment variable that holds it.",
                            "type": "string",
                            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                        },
                        "field": {
                            "description": "The member of the JSON object that the variable holds; dots lead into nested objects, a list names the steps one by one.",
                            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                        },
                    },
                    "required": ["env"],
                    "additionalProperties": false,
                },
                {
                    "properties": {
                        "file": {
                            "description": "The file that holds it; line ends at its end are dropped.",
                            "type": "string",
                        },
                    },
                    "required": ["file"],
                    "additionalProperties": false,
                },
                {
                    "properties": {
                        "command": {
                            "description": "The program that writes it to its standard output, and its arguments. A relative path of a program starts at the folder of the settings.",
                            "type": "array",
                            "items": { "type": "string" },
                            "minItems": 1,
                        },
                        "variables": {
                            "description": "The environment variables that it gets besides the system's, such as PATH and HOME.",
                            "type": "array",
                            "items": { "type": "string" },
                        },
                    },
                    "required": ["command"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{ProcessVariables, Section};

    #[derive(serde::Deserialize)]
    struct Holder {
        token: Credential,
    }

    fn read(text: &str) -> Result<Credential> {
        let source = SourceText::new("deployer.toml", text);
        Section::parse("test", &source)?.read::<Holder>().map(|holder| holder.token)
    }

    fn context(variables: &[(&str, &str)]) -> Context {
        Context::new("test").with_variables(ProcessVariables::from_iter(variables.iter().copied()))
    }

    #[test]
    fn a_member_is_found_by_dots_or_by_a_list_of_names() {
        let context = context(&[("NODES", "`{\"a\": {\"T\": \"one\"}, \"b.c\": {\"T\": \"two\"}}`")]);
        for (text, value) in [("\"a.T\"", "one"), ("[\"b.c\", \"T\"]", "two")] {
            let credential = read(&format!("token = {{ env = \"NODES\", field = {text} }}")).unwrap();
            assert_eq!(credential.resolve(&context).unwrap(), SecretValue::new(value));
        }
    }

    #[test]
    fn an_absent_member_is_named_and_no_value_is_shown() {
        let context = context(&[("NODES", "{\"a\": \"canary-canary\"}")]);
        let error =
            read("token = { env = \"NODES\", field = \"b\" }").unwrap().resolve(&context).unwrap_err();
        assert!(error.to_string().contains("has no member \"b\""), "{error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }

    #[test]
    fn the_file_of_a_credential_is_a_secret_file_of_the_run() {
        let context = context(&[]);
        read("token = { file = \"absent\" }").unwrap().resolve(&context).unwrap_err();
        assert_eq!(context.secret_files.paths(), [context.path("absent")]);
    }

    #[test]
    fn a_command_is_a_list_that_begins_with_a_program() {
        let command = read("token = { command = [\"pass\", \"sesam/jwt\"] }").unwrap();
        let words = vec!["pass".to_owned(), "sesam/jwt".to_owned()];
        assert_eq!(command, Credential::Command { words, variables: Vec::new() });
        assert_eq!(command.to_string(), "command pass sesam/jwt");
        for wrong in ["[]", "[\" \", \"a\"]", "[\"pass\", 1]", "[\"pass\"], env = \"A\""] {
            let error = read(&format!("token = {{ command = {wrong} }}")).unwrap_err();
            assert_eq!((error.kind(), error.places()[0].line), (Kind::Settings, 1), "{wrong}");
        }
    }

    #[test]
    fn a_literal_is_refused_without_being_repeated_wherever_it_stands() {
        for text in [
            "token = \"ca.nary\"",
            "token = { env = \"ca.nary\" }",
            "token = { file = 1, env = \"ca.nary\" }",
            "token = { command = \"echo ca.nary\" }",
        ] {
            let error = read(text).unwrap_err();
            let shown = format!("{error:?}");
            assert!(shown.contains("at deployer.toml:1:") && !shown.contains("ca.nary"), "{shown}");
        }
    }
}
