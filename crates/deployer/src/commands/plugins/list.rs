//! The list of plugins.

use super::entry::Entry;
use crate::output::Style;

/// One line per plugin, with the word for `kind`.
pub(super) fn text(entries: &[Entry], style: Style) -> String {
    let families = entries.iter().map(|entry| entry.family().prefix().len()).max().unwrap_or(0);
    let kinds = entries.iter().map(|entry| entry.kind().len()).chain([HEADING.len()]).max().unwrap_or(0);
    let mut text = style.bold(format!("{:<families$}  {HEADING}", "").as_str()) + "\n";
    for entry in entries {
        let name = format!("{:<families$}  {:<kinds$}", entry.family().prefix(), entry.kind());
        match entry {
            Entry::Built(plugin) => {
                let stage = format!("{:<6}", super::show::stage(plugin.stage));
                text.push_str(&format!("{}  {stage}  {}", style.bold(&name), plugin.about));
                if entry.feature().is_none() {
                    text.push_str(&style.dim(&format!(" (from {})", plugin.origin)));
                }
            }
            Entry::Absent(known) => {
                let stage = format!("{:<6}", super::show::stage(known.stage));
                let hint = format!("not in this program (feature {})", known.feature);
                text.push_str(&style.dim(&format!("{name}  {stage}  {hint}")));
            }
        }
        text.push('\n');
    }
    text.push_str("\n`sesam-deployer plugins show KIND` lists the settings of a plugin.\n");
    text
}

/// The heading of the column with the word that a section's `kind` takes.
const HEADING: &str = "kind";
