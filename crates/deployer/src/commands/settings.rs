//! `settings`

use deployer_core::Result;

use crate::exit::Exit;
use crate::output::{json, settings};
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
