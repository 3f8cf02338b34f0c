//! The pieces that all formats are written with.

use std::fmt::Write as _;

/// A JSON string literal.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// A newline and the blanks of a level.
pub(super) fn push_newline(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

pub(super) fn bool_text(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        // The byte is a whole character, so the text can be cut on both sides of it.
        out.push_str(&text[plain..at]);
        plain = at + 1;
        push_escape(out, byte);
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

fn push_escape(out: &mut String, byte: u8) {
    let letter = match byte {
        b'\n' => 'n',
        b'\r' => 'r',
        b'\t' => 't',
        0x08 => 'b',
        0x0c => 'f',
        b'"' | b'\\' => char::from(byte),
        _ => {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend(['\\', letter]);
}
