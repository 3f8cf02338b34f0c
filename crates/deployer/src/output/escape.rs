//! Control characters and characters that are not seen, made visible.
//!
//! File names, ids, variables, and the words of nodes, stores and git hosts are text of others. A terminal must not take a part of
//! it for a command, and a newline in a name must not start a line that looks like one of ours.

use std::borrow::Cow;

/// Text of several lines. Colours that [`super::Style`] writes stay, if the stream has colours.
pub(super) fn text(text: &str, colours: bool) -> String {
    escaped(text, |at, c| {
        matches!(c, '\n' | '\t')
            || !is_unseen(c)
            || (colours && c == '\u{1b}' && begins_colour(&text[at + 1..]))
    })
}

/// A name, a path or a message: text that must stay on its line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unseen) {
        Cow::Owned(escaped(text, |_, c| !is_unseen(c)))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text with a JSON escape for each character that is not kept.
fn escaped(text: &str, is_kept: impl Fn(usize, char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            c if is_kept(at, c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    shown
}

fn is_unseen(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    is_ignorable || c.is_control()
}

/// Whether the text after an escape character makes it a colour that [`super::Style`] or the log writes.
fn begins_colour(text: &str) -> bool {
    const COLOURS: [&str; 10] = ["[0m", "[1m", "[2m", "[3m", "[31m", "[32m", "[33m", "[34m", "[35m", "[36m"];
    COLOURS.iter().any(|colour| text.starts_with(colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        let cases = [
            ("plain ø 🎉\n\ttext", "plain ø 🎉\n\ttext", "plain ø 🎉\\n\\ttext"),
            ("a\u{1b}[2Jb", "a\\u001b[2Jb", "a\\u001b[2Jb"),
            ("a\u{1b}]0;title\u{7}", "a\\u001b]0;title\\u0007", "a\\u001b]0;title\\u0007"),
            ("a\u{9b}31mb", "a\\u009b31mb", "a\\u009b31mb"),
            ("done\rfailed", "done\\rfailed", "done\\rfailed"),
            ("a\u{202e}b\u{feff}\u{2028}", "a\\u202eb\\ufeff\\u2028", "a\\u202eb\\ufeff\\u2028"),
            ("\u{e0001}\0\u{7f}", "\\udb40\\udc01\\u0000\\u007f", "\\udb40\\udc01\\u0000\\u007f"),
            ("a\nerror: b", "a\nerror: b", "a\\nerror: b"),
        ];
        for (given, of_text, of_line) in cases {
            assert_eq!(text(given, false), of_text, "{given:?}");
            assert_eq!(text(given, true), of_text, "{given:?}");
            assert_eq!(line(given), of_line, "{given:?}");
        }
    }

    #[test]
    fn only_our_own_colours_stay_and_only_where_there_are_colours() {
        let painted = "\u{1b}[31mred\u{1b}[0m \u{1b}[8mhidden \u{1b}[38;5;1mx";
        assert_eq!(text(painted, true), "\u{1b}[31mred\u{1b}[0m \\u001b[8mhidden \\u001b[38;5;1mx");
        assert_eq!(text("\u{1b}[31mred", false), "\\u001b[31mred");
    }
}
