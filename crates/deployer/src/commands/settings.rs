//! `settings`

use deployer_core::Result;
use deployer_core::plugin::Plugin;

use crate::exit::Exit;
use crate::output::{Output, settings};
use crate::schema;
use crate::session::Session;

pub(crate) fn run(session: &Session<'_>) -> Result<Exit> {
    let effective = session.effective()?;
    let output = session.output;
    if output.is_json() {
        output.document(settings::json(&session.settings, &effective));
    } else {
        output.result(&settings::text(&session.settings, &effective, output.result_style()));
    }
    Ok(Exit::Done)
}

/// Lists the keys of the settings file that are not a plugin's.
pub(crate) fn keys(output: &Output) -> Exit {
    let rows = schema::rows_of_file();
    if output.is_json() {
        output.document(serde_json::json!(rows));
        return Exit::Done;
    }
    let mut text = String::new();
    rows.iter().for_each(|row| super::plugins::setting(&mut text, row, output.result_style()));
    output.result(&text);
    Exit::Done
}

/// Prints the JSON schema of the settings file.
pub(crate) fn schema(table: &[&'static Plugin], output: &Output) -> Exit {
    output.document(schema::file(table));
    Exit::Done
}
