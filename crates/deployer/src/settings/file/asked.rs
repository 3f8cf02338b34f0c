//! What settings are read with.

use std::path::Path;

use deployer_core::plugin::{Family, Plugin, ProcessVariables};

/// The environment, the variables and the plugins that settings are read with.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The environment that was asked for, if any.
    pub environment: Option<&'a str>,
    /// The environment that takes precedence over the file's own, if none was asked for and the file defines it.
    pub preferred: Option<&'a str>,
    /// The environment variables.
    pub variables: &'a ProcessVariables,
    /// The plugins of the program, whose sections are checked too, as are paths; `None` checks neither.
    pub plugins: Option<&'a [&'a Plugin]>,
    /// The families whose credentials the command needs: if the settings cannot be used, missing ones are reported too.
    pub credentials: &'a [Family],
    /// The folder that `--source` names.
    pub source: Option<&'a Path>,
}

impl<'a> Asked<'a> {
    /// Settings alone: neither the sections of plugins nor credentials are checked.
    pub fn new(environment: Option<&'a str>, variables: &'a ProcessVariables) -> Self {
        Self { environment, preferred: None, variables, plugins: None, credentials: &[], source: None }
    }
}
