//! String literals: finding their end fast, and resolving escapes.

use super::fault::{Fault, Problem};

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The offset, at or after `from`, of the first byte that needs care in a string: a quote, a backslash, a control character.
/// The length of `bytes` when there is none.
pub(crate) fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let special = special_bytes(u64::from_le_bytes(*chunk));
        if special != 0 {
            return at + (special.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !is_special(*byte)) {
        at += 1;
    }
    at
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The high bit of the first special byte of eight; bits above that one say nothing.
fn special_bytes(word: u64) -> u64 {
    let zero_after = |byte: u8| {
        let differing = word ^ (LOW * u64::from(byte));
        differing.wrapping_sub(LOW) & !differing
    };
    let control = word.wrapping_sub(LOW * 0x20) & !word;
    (control | zero_after(b'"') | zero_after(b'\\')) & HIGH
}

/// Reads the literal whose opening quote is at `open`: the string, and the offset after the closing quote.
pub(super) fn read(text: &str, open: usize) -> Result<(Box<str>, usize), Fault> {
    let bytes = text.as_bytes();
    let start = open + 1;
    let end = next_special(bytes, start);
    if bytes.get(end) == Some(&b'"') {
        return Ok((text[start..end].into(), end + 1));
    }
    read_with_escapes(text, open, end)
}

/// `at` is the first byte that needs care, and it is no quote.
#[cold]
fn read_with_escapes(text: &str, open: usize, mut at: usize) -> Result<(Box<str>, usize), Fault> {
    let bytes = text.as_bytes();
    let mut decoded = String::from(&text[open + 1..at]);
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok((decoded.into(), at + 1)),
            Some(b'\\') => {
                let (character, length) = escape(&bytes[at..]).map_err(|problem| Fault { at, problem })?;
                decoded.push(character);
                at += length;
            }
            Some(_) => return Err(Fault { at, problem: Problem::ControlCharacter }),
            None => return Err(Fault { at: open, problem: Problem::UnclosedString }),
        }
        let end = next_special(bytes, at);
        decoded.push_str(&text[at..end]);
        at = end;
    }
}

/// Resolves the escape at the beginning of `bytes`: the character, and how many bytes the escape takes.
fn escape(bytes: &[u8]) -> Result<(char, usize), Problem> {
    let character = match bytes.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(plain @ (b'"' | b'\\' | b'/')) => char::from(*plain),
        Some(b'u') => return unicode_escape(bytes),
        _ => return Err(Problem::UnknownEscape),
    };
    Ok((character, 2))
}

fn unicode_escape(bytes: &[u8]) -> Result<(char, usize), Problem> {
    let first = code_unit(bytes).ok_or(Problem::BadUnicodeEscape)?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    let second = bytes.get(6..).and_then(code_unit);
    match (first, second) {
        (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            // A pair of surrogates makes a code from 0x10000 to 0x10ffff: always a character.
            char::from_u32(code).map(|character| (character, 12)).ok_or(Problem::LoneSurrogate)
        }
        _ => Err(Problem::LoneSurrogate),
    }
}

/// The four digits of the `\u` escape at the beginning of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
}

/// Where the character at a byte offset of the decoded string stands in its literal; the closing quote for an offset past the end.
pub(super) fn literal_offset(literal: &str, decoded_offset: usize) -> usize {
    let bytes = literal.as_bytes();
    let last = bytes.len().saturating_sub(1);
    let (mut at, mut decoded) = (1, 0);
    while at < last {
        let run = next_special(&bytes[..last], at) - at;
        if decoded_offset < decoded + run {
            return at + decoded_offset - decoded;
        }
        (at, decoded) = (at + run, decoded + run);
        if at >= last {
            break;
        }
        let (character, length) = escape(&bytes[at..]).unwrap_or((' ', 1));
        if decoded_offset < decoded + character.len_utf8() {
            return at;
        }
        (at, decoded) = (at + length, decoded + character.len_utf8());
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for special in (0..=0xff_u8).filter(|byte| is_special(*byte)) {
            for position in 0..20 {
                let mut bytes = vec![0xe5; 20];
                bytes[position] = special;
                assert_eq!(next_special(&bytes, 0), position, "byte {special}");
            }
        }
    }

    #[test]
    fn other_bytes_are_passed_over() {
        let bytes: Vec<u8> = (0..=0xff).filter(|byte| !is_special(*byte)).collect();
        assert_eq!(next_special(&bytes, 0), bytes.len());
        assert_eq!(next_special(&bytes, bytes.len()), bytes.len());
    }

    #[test]
    fn escapes_are_resolved() {
        let (text, end) = read(r#""\"\\\/\b\f\n\r\t\u00E5\uD834\udd1e.""#, 0)
            .map_err(|_| ())
            .expect("all escapes are valid");
        assert_eq!(&*text, "\"\\/\u{8}\u{c}\n\r\tå𝄞.");
        assert_eq!(end, 37);
    }
}
