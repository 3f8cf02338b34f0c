//! Undoing escapes, leniently: what is no escape stays as it is.

/// Undoes the escapes of JSON and of Rust's `Debug`: `\n`, `\"`, `\\`, `\/`, `\u00f8`, `\u{f8}`, `\xc3`.
/// `None` when there are none.
pub(super) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', text)?;
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let length = one_escape(rest, &mut plain).unwrap_or_else(|| {
            plain.push(b'\\');
            1
        });
        rest = &rest[length..];
    }
    plain.extend_from_slice(rest);
    Some(plain)
}

/// Undoes the escape that the text starts with; returns its length.
fn one_escape(text: &[u8], plain: &mut Vec<u8>) -> Option<usize> {
    let simple = match text.get(1)? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        b'0' => 0,
        quoted @ (b'"' | b'\'' | b'\\' | b'/') => *quoted,
        b'x' => {
            plain.push(u8::try_from(hexadecimal(text.get(2..4)?)?).ok()?);
            return Some(4);
        }
        b'u' => return unicode_escape(text, plain),
        _ => return None,
    };
    plain.push(simple);
    Some(2)
}

fn unicode_escape(text: &[u8], plain: &mut Vec<u8>) -> Option<usize> {
    let (number, length) = if text.get(2) == Some(&b'{') {
        let end = text.iter().take(11).position(|byte| *byte == b'}')?;
        (hexadecimal(&text[3..end])?, end + 1)
    } else {
        (hexadecimal(text.get(2..6)?)?, 6)
    };
    let (character, length) = match char::from_u32(number) {
        Some(character) => (character, length),
        None => {
            let low = text.get(length..length + 6)?.strip_prefix(b"\\u").and_then(hexadecimal)?;
            let units = [u16::try_from(number).ok()?, u16::try_from(low).ok()?];
            (char::decode_utf16(units).next()?.ok()?, length + 6)
        }
    };
    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(length)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, 16).ok()
}

/// Undoes percent-escapes with upper and lower digits. `None` when there are none.
pub(super) fn unpercent(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', text)?;
    Some(percent_encoding::percent_decode(text).collect())
}
