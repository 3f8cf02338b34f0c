//! The secrets of a file, collected one by one.

use std::collections::BTreeMap;

use deployer_core::error::Place;
use deployer_core::{Error, SecretValue};

use crate::errors;
use crate::text::Text;

/// The secrets of a file by name; `None` if a name has no value (`null`).
pub(crate) type Secrets = BTreeMap<String, Option<SecretValue>>;

/// Collects secrets, and the names that occur more than once.
pub(super) struct Collected<'a> {
    text: Text<'a>,
    /// The first offset of each name. Offsets become places only when they are reported, because that reads the text before them.
    first: BTreeMap<String, usize>,
    repeated: Vec<(String, Place, Place)>,
    secrets: Secrets,
}

impl<'a> Collected<'a> {
    pub(super) fn new(text: Text<'a>) -> Self {
        Self { text, first: BTreeMap::new(), repeated: Vec::new(), secrets: Secrets::new() }
    }

    /// Adds a secret whose name is at an offset.
    pub(super) fn add(&mut self, name: &str, offset: usize, value: Option<SecretValue>) {
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

    pub(super) fn finish(self) -> Result<Secrets, Error> {
        if self.repeated.is_empty() {
            Ok(self.secrets)
        } else {
            Err(errors::repeated(self.text.file, self.repeated))
        }
    }
}
