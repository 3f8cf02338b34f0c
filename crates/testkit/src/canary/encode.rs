//! The forms of a value that decoding does not undo.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Each form of a value with its name.
pub(super) fn needles(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = value.as_bytes();
    let joined = |write: fn(&u8) -> String, separator: &str| {
        bytes.iter().map(write).collect::<Vec<_>>().join(separator).into_bytes()
    };
    let mut needles = vec![
        ("plain", bytes.to_vec()),
        ("hexadecimal", joined(|byte| format!("{byte:02x}"), "")),
        ("hexadecimal", joined(|byte| format!("{byte:02X}"), "")),
        ("list of bytes", joined(u8::to_string, ", ")),
        ("list of bytes", joined(u8::to_string, ",")),
    ];
    for alphabet in [STANDARD, URL_SAFE] {
        let engine = GeneralPurpose::new(&alphabet, NO_PAD);
        needles.extend((0..3).map(|before| ("base64", base64_at(&engine, bytes, before))));
    }
    needles
}

/// The characters of base64 that depend on the value alone when so many bytes stand before it.
fn base64_at(engine: &GeneralPurpose, value: &[u8], before: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(value.iter().copied()).collect();
    let encoded = engine.encode(&padded).into_bytes();
    let first = (before * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    encoded[first..end].to_vec()
}
