//! Text that no pipeline takes for commands.
//!
//! GitHub's runner takes a line for a command that begins with `::`, blanks before it or not, and a line with `##[` anywhere in it.
//! The agent of Azure Pipelines looks for `##vso[` anywhere in a line; `##[` at its start is a matter of looks. Lines end at `\n`
//! and at `\r` there. Both may compare texts by the rules of a language, which pass over characters that are not seen; these are
//! written as JSON escapes.

/// The text with a backslash put into what could be a command.
pub(super) fn in_text(text: &str) -> String {
    let text = visible(text);
    let lines = text.split_inclusive(['\n', '\r']);
    lines.map(|line| replaced(&without_command_at_start(line), "\\#")).collect()
}

/// The text of a JSON document, in which a command is written in another way that means the same. The lines of a document that is
/// laid out over several never begin with `::`.
pub(in crate::output) fn in_json(text: &str) -> String {
    // The text holds `#` in strings only, and there `\u0023` stands for it.
    replaced(&visible(text), "\\u0023")
}

/// The text with characters that are not seen as JSON escapes, save ends of lines, tabs and colours.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if !is_unseen(c) || (c == '\u{1b}' && begins_colour(&text[at + 1..])) {
            shown.push(c);
        } else {
            shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    shown
}

fn is_unseen(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    is_ignorable || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether what follows an escape character makes it a colour, as [`super::super::Style`] writes them.
fn begins_colour(text: &str) -> bool {
    let rest =
        text.strip_prefix('[').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
    rest.is_some_and(|rest| rest.starts_with('m'))
}

fn without_command_at_start(line: &str) -> String {
    let rest = line.trim_start();
    let blanks = &line[..line.len() - rest.len()];
    if rest.starts_with("::") { format!("{blanks}\\{rest}") } else { line.to_owned() }
}

/// Replaces the second `#` of every `##[` and `##vso[`, in any case.
fn replaced(text: &str, by: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        let (before, second) = rest.split_at(at + 1);
        safe.push_str(before);
        rest = second;
        if begins_command(&second[1..]) {
            safe.push_str(by);
            rest = &second[1..];
        }
    }
    safe + rest
}

/// Whether a command follows the two `#` that stand before the text.
fn begins_command(text: &str) -> bool {
    text.starts_with('[') || text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("vso["))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_breaks_every_command_and_nothing_else() {
        let cases = [
            ("::error::x", "\\::error::x"),
            ("a\n \t::stop-commands::x\n", "a\n \t\\::stop-commands::x\n"),
            ("a\r::x::", "a\r\\::x::"),
            ("\u{2003}\u{a0}::x::", "\u{2003}\u{a0}\\::x::"),
            ("\u{feff}::x::", "\\ufeff::x::"),
            ("##\u{ad}vso[a", "##\\u00advso[a"),
            ("\u{e0001}::x:: \0\u{1b}]", "\\udb40\\udc01::x:: \\u0000\\u001b]"),
            ("\u{1b}[1;31m::x::\u{1b}[0m", "\u{1b}[1;31m::x::\u{1b}[0m"),
            ("a ::error::", "a ::error::"),
            ("x##vso[task.setvariable]y", "x#\\#vso[task.setvariable]y"),
            ("##VsO[a", "#\\#VsO[a"),
            ("###[error]", "##\\#[error]"),
            ("####[a", "###\\#[a"),
            ("##[a]##[b]", "#\\#[a]#\\#[b]"),
            ("##REPLACE_ID## ## [", "##REPLACE_ID## ## ["),
            ("##", "##"),
            ("##vsø[", "##vsø["),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(in_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_document_means_the_same_without_commands() {
        let value = serde_json::json!({ "a": "##[error] ###vso[x] ##REPLACE_ID## #\u{200b}#[ \u{e0001}\u{7f}", "##[b": "\\##[c" });
        let text = in_json(&format!("{value:#}"));
        assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
        assert!(text.contains("##REPLACE_ID##") && !text.contains('\u{200b}'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
