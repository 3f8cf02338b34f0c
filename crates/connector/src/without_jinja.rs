//! The same functions in a program that cannot fill in templates: the first one that needs the template language fails.

use std::collections::BTreeMap;
use std::convert::Infallible;

use deployer_core::document::{SourceText, Value};
use deployer_core::error::{Error, Kind, Result};

/// A value that no template is filled in with.
#[derive(Debug, Clone)]
pub(crate) struct TemplateValue;

/// What a template would be filled in with.
pub(crate) type Context = BTreeMap<String, TemplateValue>;

/// Templates that cannot be filled in. There are none.
#[derive(Debug)]
pub(crate) struct Templates(Infallible);

impl Templates {
    /// # Errors
    /// Always `Settings`.
    pub(crate) fn new(_: BTreeMap<String, SourceText>) -> Result<Self> {
        Err(missing("expand a connector"))
    }

    pub(crate) fn render(&self, _: &str, _: &Context) -> Result<SourceText> {
        match self.0 {}
    }

    pub(crate) fn unknown_names(&self, _: &str, _: &Context) -> Vec<String> {
        match self.0 {}
    }

    pub(crate) fn source(&self, _: &str) -> Option<&SourceText> {
        match self.0 {}
    }
}

pub(crate) fn template_text(_: &str) -> TemplateValue {
    TemplateValue
}

pub(crate) fn template_value(_: &Value) -> TemplateValue {
    TemplateValue
}

/// # Errors
/// Always `Settings`.
pub(crate) fn printed(_: &Value) -> Result<String> {
    Err(missing("read .jinja_vars"))
}

fn missing(attempted: &str) -> Error {
    Error::new(Kind::Settings, attempted).without_feature("connectors")
}
