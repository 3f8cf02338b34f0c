//! The list of plugins.

use super::Entry;
use crate::output::Style;

/// A line a plugin.
pub(super) fn text(entries: &[Entry], style: Style) -> String {
    let width = entries.iter().map(|entry| entry.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in entries {
        let name = format!("{:<width$}", entry.name());
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
                let hint = format!("not in this program: it needs the feature {}", known.feature);
                text.push_str(&style.dim(&format!("{name}  {stage}  {hint}")));
            }
        }
        text.push('\n');
    }
    text.push_str("\n`sesam-deployer plugins show KIND` explains one.\n");
    text
}
