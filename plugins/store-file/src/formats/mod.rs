//! From the text of a file to the secrets in it.

mod dotenv;
mod json;
mod toml;

use std::collections::BTreeMap;

use deployer_core::error::Place;
use deployer_core::{Error, SecretValue};

use crate::errors;
use crate::settings::Format;
use crate::text::Text;

/// The secrets of a file by name; none where a name has no value (`null`).
pub(crate) type Secrets = BTreeMap<String, Option<SecretValue>>;

/// Reads the secrets of a file.
///
/// # Errors
/// `Verification` with line and column, and without anything of the file but names of secrets.
pub(crate) fn read(format: Format, text: Text<'_>) -> Result<Secrets, Error> {
    match format {
        Format::Json => json::read(text),
        Format::Toml => toml::read(text),
        Format::Dotenv => dotenv::read(text),
    }
}

/// Collects secrets, and the names that stand more than once.
struct Collected<'a> {
    text: Text<'a>,
    /// Where each name stands first. Places are made of offsets only when they are told: that takes the text before them.
    first: BTreeMap<String, usize>,
    repeated: Vec<(String, Place, Place)>,
    secrets: Secrets,
}

impl<'a> Collected<'a> {
    fn new(text: Text<'a>) -> Self {
        Self { text, first: BTreeMap::new(), repeated: Vec::new(), secrets: Secrets::new() }
    }

    /// Adds a secret whose name stands at an offset.
    fn add(&mut self, name: &str, offset: usize, value: Option<SecretValue>) {
        match self.first.get(name) {
            Some(first) => {
                let (again, first) = (self.text.place(offset), self.text.place(*first));
                self.repeated.push((name.to_owned(), again, first));
            }
            None => {
                self.first.insert(name.to_owned(), offset);
                self.secrets.insert(name.to_owned(), value);
            }
        }
    }

    fn finish(self) -> Result<Secrets, Error> {
        if self.repeated.is_empty() {
            Ok(self.secrets)
        } else {
            Err(errors::repeated(self.text.file, self.repeated))
        }
    }
}
