//! The pieces that all formats are written with.

use std::fmt::Write as _;

use crate::document::next_special;

/// A JSON string literal.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// A newline and the blanks of a level.
pub(super) fn push_newline(out: &mut String, level: usize) {
    out.push('\n');
    let mut blanks = level * 2;
    while blanks > BLANKS.len() {
        out.push_str(BLANKS);
        blanks -= BLANKS.len();
    }
    out.push_str(&BLANKS[..blanks]);
}

const BLANKS: &str = "                                ";

pub(super) fn bool_text(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        // The byte is a whole character, so the text can be cut on both sides of it.
        let (plain, from) = rest.split_at(next_special(rest.as_bytes(), 0));
        out.push_str(plain);
        let Some(byte) = from.bytes().next() else { break };
        push_escape(out, byte);
        rest = &from[1..];
    }
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
