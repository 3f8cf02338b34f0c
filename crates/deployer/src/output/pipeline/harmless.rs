//! Text that no pipeline takes for commands.
//!
//! GitHub's runner obeys a line that starts with `::`, with or without blanks before it, and a line that contains `##[`.
//! The agent of Azure Pipelines obeys a line that contains `##vso[` and formats a line that starts with `##[`. Lines end at `\n`
//! and at `\r` there. Both may compare text by the rules of a language, which ignore characters that are not seen. These are
//! written as JSON escapes.

use crate::output::escape;

/// The text with a backslash put into what could be a command.
pub(super) fn in_text(text: &str) -> String {
    let text = escape::text(text, true);
    let lines = text.split_inclusive('\n');
    lines.map(|line| replaced(&without_command_at_start(line), "\\#")).collect()
}

/// The text of a JSON document, in which a command is written in another way that means the same. The lines of a document that is
/// laid out over several never begin with `::`.
pub(in crate::output) fn in_json(text: &str) -> String {
    // The text holds `#` in strings only, and there `\u0023` stands for it.
    replaced(&escape::text(text, false), "\\u0023")
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
            ("a\r::x::", "a\\r::x::"),
            ("\u{2003}\u{a0}::x::", "\u{2003}\u{a0}\\::x::"),
            ("\u{feff}::x::", "\\ufeff::x::"),
            ("##\u{ad}vso[a", "##\\u00advso[a"),
            ("\u{e0001}::x:: \0\u{1b}]", "\\udb40\\udc01::x:: \\u0000\\u001b]"),
            ("\u{1b}[31m::x::\u{1b}[0m", "\u{1b}[31m::x::\u{1b}[0m"),
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
