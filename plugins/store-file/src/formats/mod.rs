//! From the text of a file to the secrets in it.

mod collected;
mod dotenv;
mod json;
mod toml;

use deployer_core::Error;

pub(crate) use self::collected::Secrets;

use crate::settings::Format;
use crate::text::Text;

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
