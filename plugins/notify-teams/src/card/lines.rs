//! Lines of a report as paragraphs.

use deployer_core::model::one_line;

use super::elements::{Colour, Paragraph, Run};

/// The longest line in characters.
pub(super) const LONGEST_LINE: usize = 400;

/// Renderers drop plain blanks at the start of a line.
const HARD_BLANK: &str = "\u{a0}";

/// A line of `errors`.
pub(super) fn error(text: &str) -> Paragraph {
    Paragraph::tight(vec![Run::plain(one_line(text, LONGEST_LINE)).coloured(Some(Colour::Attention))])
}

/// A line of `nodes`: `master: 1 to add`, the name in bold.
pub(super) fn node(text: &str) -> Paragraph {
    let text = one_line(text, LONGEST_LINE);
    Paragraph::tight(match text.split_once(": ") {
        Some((name, changes)) => vec![Run::plain(format!("{name}: ")).bold(), Run::plain(changes)],
        None => vec![Run::plain(text)],
    })
}

/// A line of the diff, unchanged.
pub(super) fn diff(text: &str) -> Paragraph {
    let colour = match text.as_bytes().first() {
        Some(b'+') => Some(Colour::Good),
        Some(b'-') => Some(Colour::Attention),
        _ => None,
    };
    let text = one_line(text, LONGEST_LINE);
    let indent = text.len() - text.trim_start_matches(['+', '-', ' ', '\t']).len();
    let (indent, rest) = text.split_at(indent);
    let indent = indent.replace(' ', HARD_BLANK).replace('\t', &HARD_BLANK.repeat(4));
    let shown = format!("{indent}{rest}");
    // A paragraph without text would not be shown.
    let shown = if shown.is_empty() { HARD_BLANK.to_owned() } else { shown };
    Paragraph::tight(vec![Run::plain(shown).monospace().coloured(colour)])
}
