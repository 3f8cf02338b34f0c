//! A plugin's own part of the settings, with its place in the file.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::document::SourceText;
use crate::error::{Error, Kind, Result};

/// A table of the settings, handed to the plugin that its `kind` names, with the line numbers of the file.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    name: String,
    source: &'a SourceText,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Section<'a> {
    /// A table of a settings file. `name` is how messages call it: `stores.main`.
    pub fn new(name: impl Into<String>, source: &'a SourceText, table: Spanned<DeTable<'a>>) -> Self {
        Self { name: name.into(), source, table }
    }

    /// A section that is a whole text, as in tests and examples.
    ///
    /// # Errors
    /// `Settings` when the text is no TOML.
    pub fn parse(name: impl Into<String>, source: &'a SourceText) -> Result<Self> {
        let table = DeTable::parse(source.text()).map_err(|cause| settings_error("the settings", source, &cause))?;
        Ok(Self::new(name, source, table))
    }

    /// How messages call it: `stores.main`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the section into the plugin's own settings, which are to be strict (`deny_unknown_fields`).
    ///
    /// # Errors
    /// `Settings` with the line and column, the accepted keys, and never the line itself: it may hold a credential.
    pub fn read<T: DeserializeOwned>(self) -> Result<T> {
        let span = self.table.span();
        let value = Spanned::new(span, DeValue::Table(self.table.into_inner()));
        T::deserialize(ValueDeserializer::from(value)).map_err(|cause| settings_error(&self.name, self.source, &cause))
    }
}

/// Turns a failure of the TOML reader into ours: message and place, without the text of the line.
pub(crate) fn settings_error(name: &str, source: &SourceText, cause: &toml::de::Error) -> Error {
    let error = Error::new(Kind::Settings, format!("[{name}]: {}", cause.message()));
    match cause.span() {
        Some(span) => error.at(source.place(u32::try_from(span.start).unwrap_or(u32::MAX))),
        None => error.at(crate::error::Place::file(source.file().clone())),
    }
}
