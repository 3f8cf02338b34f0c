//! The writes, in this order: global secrets, variables, configuration, so that a pipe that starts finds everything that it names; then
//! the secrets of single systems, which must exist before.

mod configuration;
mod secrets;
mod texts;
mod variables;

pub(crate) use configuration::UploadConfiguration;
pub(crate) use secrets::SendSecrets;
pub(crate) use variables::SetVariables;
