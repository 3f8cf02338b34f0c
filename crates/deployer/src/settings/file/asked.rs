//! What settings are read with.

use deployer_core::plugin::{Family, Plugin, ProcessVariables};

/// The environment, the variables and the plugins that settings are read with.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The environment that was asked for, if any.
    pub environment: Option<&'a str>,
    /// The environment variables.
    pub variables: &'a ProcessVariables,
    /// The plugins of the program, whose sections are checked too; `None` checks them later.
    pub plugins: Option<&'a [&'a Plugin]>,
    /// The families whose credentials the command needs: if the settings cannot be used, missing ones are reported too.
    pub credentials: &'a [Family],
}
