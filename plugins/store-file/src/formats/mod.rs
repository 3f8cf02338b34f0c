//! From the text of a file to the secrets in it.

mod collected;
mod dotenv;
mod json;
mod toml;

use deployer_core::Error;
use deployer_core::error::Place;

pub(crate) use self::collected::Secrets;

use crate::errors;
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
        // YAML has many ways to write a text: `no` and `1.10` are none.
        Format::Yaml => Err(errors::malformed(
            Place::file(text.file),
            "a file in YAML must be encrypted with SOPS, and has no metadata of it",
            "encrypt it for a recipient of age: sops encrypt --age age1… --in-place FILE; or write JSON, TOML or dotenv",
        )),
    }
}
