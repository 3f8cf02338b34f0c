//! A line with its escapes undone, and where each of its bytes was before.

use memchr::{memchr, memchr2, memrchr};
use zeroize::Zeroizing;

/// Decoded bytes with the offset of each in the original line, and the length of the line as the last offset.
pub(super) struct Decoded {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    offsets: Vec<usize>,
}

/// How text is escaped.
#[derive(Debug, Clone, Copy)]
pub(super) enum Escape {
    /// `\n`, `\"`, `\u00f8`, as in JSON and in Rust's `Debug`.
    Backslash,
    /// `%2F`, as in a URL.
    Percent,
}

/// JSON inside JSON inside JSON.
const DEEPEST: usize = 3;

/// The lines of a text in which something may be escaped, each with its newline and the offset of its start.
pub(super) fn lines_with_escapes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let mark = from + memchr2(b'\\', b'%', &bytes[from..])?;
        let start = memrchr(b'\n', &bytes[from..mark]).map_or(from, |newline| from + newline + 1);
        from = memchr(b'\n', &bytes[mark..]).map_or(bytes.len(), |newline| mark + newline + 1);
        Some((start, &text[start..from]))
    })
}

impl Decoded {
    /// Each decoding of a line, the outermost escapes undone first. Empty if the line has none.
    pub(super) fn all(line: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for (escape, mark) in [(Escape::Backslash, b'\\'), (Escape::Percent, b'%')] {
            let mut bytes = line.as_bytes();
            let first = all.len();
            while all.len() < first + DEEPEST && bytes.contains(&mark) {
                let offsets =
                    if all.len() > first { all.last().map(|decoded: &Self| &*decoded.offsets) } else { None };
                let decoded = Self::once(bytes, offsets, escape);
                if decoded.bytes.len() == bytes.len() {
                    break;
                }
                all.push(decoded);
                bytes = &all[all.len() - 1].bytes;
            }
        }
        all
    }

    /// The range of the original line that a range of the decoded bytes comes from.
    pub(super) fn original(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.offsets[range.start]..self.offsets[range.end]
    }

    /// Undoes one level. `outer` are the offsets of `bytes` in the original line.
    fn once(bytes: &[u8], outer: Option<&[usize]>, escape: Escape) -> Self {
        let offset = |at: usize| outer.map_or(at, |outer| outer[at]);
        let mut decoded = Self {
            bytes: Zeroizing::new(Vec::with_capacity(bytes.len())),
            offsets: Vec::with_capacity(bytes.len() + 1),
        };
        let mut at = 0;
        while at < bytes.len() {
            let length = match undo(&bytes[at..], escape) {
                Some((character, length)) => {
                    decoded.bytes.extend_from_slice(character.bytes());
                    length
                }
                None => {
                    decoded.bytes.push(bytes[at]);
                    1
                }
            };
            decoded.offsets.resize(decoded.bytes.len(), offset(at));
            at += length;
        }
        decoded.offsets.push(offset(at));
        decoded
    }
}

/// What an escape stands for.
enum Plain {
    Byte([u8; 1]),
    Character([u8; 4], usize),
}

impl Plain {
    fn character(character: char) -> Self {
        let mut buffer = [0; 4];
        let length = character.encode_utf8(&mut buffer).len();
        Self::Character(buffer, length)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Byte(byte) => byte,
            Self::Character(buffer, length) => &buffer[..*length],
        }
    }
}

/// The escape that the bytes start with, if any: what it stands for, and its length.
fn undo(bytes: &[u8], escape: Escape) -> Option<(Plain, usize)> {
    match (escape, bytes.first()?) {
        (Escape::Percent, b'%') => {
            let byte = u8::try_from(hexadecimal(bytes.get(1..3)?)?).ok()?;
            Some((Plain::Byte([byte]), 3))
        }
        (Escape::Backslash, b'\\') => {
            let byte = match bytes.get(1)? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 8,
                b'f' => 12,
                b'0' => 0,
                quoted @ (b'"' | b'\'' | b'\\' | b'/') => *quoted,
                b'u' => return unicode(bytes),
                _ => return None,
            };
            Some((Plain::Byte([byte]), 2))
        }
        _ => None,
    }
}

/// `\u00f8`, a pair of surrogates, or `\u{f8}`.
fn unicode(bytes: &[u8]) -> Option<(Plain, usize)> {
    if bytes.get(2) == Some(&b'{') {
        let end = bytes.iter().take(11).position(|byte| *byte == b'}')?;
        return Some((Plain::character(char::from_u32(hexadecimal(&bytes[3..end])?)?), end + 1));
    }
    let first = hexadecimal(bytes.get(2..6)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((Plain::character(character), 6));
    }
    let second = hexadecimal(bytes.get(6..12)?.strip_prefix(b"\\u")?)?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    Some((Plain::character(char::decode_utf16(units).next()?.ok()?), 12))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, 16).ok()
}
