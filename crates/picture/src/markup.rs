//! Escaping, widths of text, and shortened IDs.

/// The longest ID that a picture shows whole.
const LONGEST_ID: usize = 40;

/// Text for an element or an attribute of SVG and HTML. Characters that XML forbids are replaced.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Controls, and marks that change the direction of the text after them.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// An ID as a picture shows it. A long one loses its middle.
pub(crate) fn short(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    if characters.len() <= LONGEST_ID {
        return id.to_owned();
    }
    let (head, tail) = (LONGEST_ID / 2, LONGEST_ID - LONGEST_ID / 2 - 1);
    let end = characters[characters.len() - tail..].iter();
    characters[..head].iter().chain(&['…']).chain(end).collect()
}

/// The width of text in pixels. Exact for a monospaced face, and an upper bound for usual text in a proportional one.
pub(crate) fn width(text: &str, size: usize) -> usize {
    let halves: usize = text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum();
    (halves * size * 62).div_ceil(100)
}

/// Whether a character takes two columns: East Asian scripts and emoji.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_controls_of_an_id_stay_text() {
        assert_eq!(
            escape("<a b=\"c\">&'\u{1b}\u{202e}"),
            "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn a_long_id_loses_its_middle_and_a_short_one_nothing() {
        assert_eq!(short("nett-måler"), "nett-måler");
        let long = format!("first-{}-last", "x".repeat(60));
        assert_eq!(short(&long).chars().count(), LONGEST_ID);
        assert!(short(&long).starts_with("first-") && short(&long).ends_with("-last"));
    }
}
