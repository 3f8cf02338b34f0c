//! `settings`

use deployer_core::Result;
use deployer_core::plugin::Plugin;

use crate::exit::Exit;
use crate::output::{Output, json, settings};
use crate::schema;
use crate::session::Session;

pub(crate) fn run(session: &Session<'_>) -> Result<Exit> {
    let effective = session.effective()?;
    let output = session.output;
    output.result(&if output.is_json() {
        json::document(&settings::json(&session.settings, &effective))
    } else {
        settings::text(&session.settings, &effective, output.result_style())
    });
    Ok(Exit::Done)
}

/// Prints the JSON schema of the settings file.
pub(crate) fn schema(table: &[&'static Plugin], output: &Output) -> Exit {
    output.result(&json::document(&schema::file(table)));
    Exit::Done
}
