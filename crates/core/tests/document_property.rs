//! Reading agrees with serde_json on documents and on rubbish, and what is written reads back as the same value.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use deployer_core::document::{Node, SourceText, Value};
use deployer_core::format;

const TEXTS: [&str; 12] = [
    "\"\"",
    "\"a\"",
    "\"_id\"",
    "\"type\"",
    "\"blåbær €𝄞\"",
    r#""\u00e5\n\t\"\\\/\b\f\r""#,
    r#""\ud834\udd1e""#,
    r#""\u0000\u001f\u007f""#,
    "\"exactly8\"",
    "\"more than eight bytes, then \\u0041\"",
    "\"$ENV(x)\"",
    "\"\u{2028}\u{7f}\"",
];

const NUMBERS: [&str; 12] = [
    "0",
    "-0",
    "1",
    "-17",
    "1.0",
    "1.10",
    "1E5",
    "1e-7",
    "-0.0",
    "123456789012345678901234567890",
    "2.5e+300",
    "5e-324",
];

/// Pieces that make rubbish which is almost JSON.
const PIECES: [&str; 24] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d800", "\\udc00", "0", "1", "-", ".", "e", "+", "tru",
    "true", "null", " ", "\n", "é", "\u{0}",
];

fn document(u: &mut Unstructured<'_>, depth: u32, out: &mut String) -> Result<()> {
    let blank = |u: &mut Unstructured<'_>| u.choose(&["", "", " ", "\n\t", "\r\n  "]).copied();
    out.push_str(blank(u)?);
    match u.int_in_range(0..=if depth == 0 { 4 } else { 6 })? {
        0 => out.push_str("null"),
        1 => out.push_str(if u.arbitrary()? { "true" } else { "false" }),
        2 => out.push_str(u.choose(&NUMBERS)?),
        3 | 4 => out.push_str(u.choose(&TEXTS)?),
        kind => {
            let object = kind == 5;
            out.push(if object { '{' } else { '[' });
            for position in 0..u.int_in_range(0..=20)? {
                if position > 0 {
                    out.push(',');
                }
                if object {
                    out.push_str(blank(u)?);
                    out.push_str(u.choose(&TEXTS)?);
                    out.push_str(blank(u)?);
                    out.push(':');
                }
                document(u, depth - 1, out)?;
            }
            out.push_str(blank(u)?);
            out.push(if object { '}' } else { ']' });
        }
    }
    out.push_str(blank(u)?);
    Ok(())
}

fn agree(ours: &Value, theirs: &serde_json::Value) {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => {}
        (Value::Bool(ours), serde_json::Value::Bool(theirs)) => assert_eq!(ours, theirs),
        (Value::String(ours), serde_json::Value::String(theirs)) => assert_eq!(**ours, **theirs),
        (Value::Number(ours), serde_json::Value::Number(theirs)) => {
            if theirs.is_f64() {
                // serde_json is allowed to be off by the last bit.
                let (ours, theirs) = (ours.as_f64(), theirs.as_f64().expect("it is one"));
                assert!((ours - theirs).abs() <= ours.abs() * f64::EPSILON, "{ours} and {theirs}");
            } else {
                assert_eq!(ours.as_text(), theirs.to_string());
            }
        }
        (Value::Array(ours), serde_json::Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| agree(&ours.value, theirs));
        }
        (Value::Object(ours), serde_json::Value::Object(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            for member in ours.members() {
                agree(&member.node.value, theirs.get(&*member.key).expect("both have the key"));
            }
        }
        _ => panic!("{ours:?} is not {theirs:?}"),
    }
}

fn read(bytes: &[u8]) -> std::result::Result<Node, deployer_core::Error> {
    Ok(SourceText::from_bytes("a.json", bytes.to_vec())?.parse()?.root)
}

#[test]
fn documents_have_the_values_that_serde_json_reads() {
    arbtest(|u| {
        let mut text = String::new();
        document(u, 4, &mut text)?;
        let theirs = serde_json::from_str(&text).expect("the generator writes JSON");
        agree(&read(text.as_bytes()).expect("the generator writes JSON").value, &theirs);
        Ok(())
    });
}

#[test]
fn what_is_written_reads_back_as_the_same_value() {
    arbtest(|u| {
        let mut text = String::new();
        document(u, 4, &mut text)?;
        let value = Value::parse_text("a.json", &text).expect("the generator writes JSON");
        for write in [format::compact, format::indented, format::portal] {
            let written = write(&value);
            let again = Value::parse_text("b.json", &written).expect("what is written is JSON");
            assert_eq!(again, value, "{written}");
            assert_eq!(write(&again), written);
        }
        Ok(())
    });
}

#[test]
fn rubbish_is_accepted_where_serde_json_accepts_it_and_nowhere_else() {
    arbtest(|u| {
        let mut bytes = Vec::new();
        for _ in 0..u.int_in_range(0..=12)? {
            if u.ratio(1, 20)? {
                bytes.push(u.arbitrary()?);
            } else {
                bytes.extend_from_slice(u.choose(&PIECES)?.as_bytes());
            }
        }
        same_verdict(&bytes);
        Ok(())
    });
}

#[test]
fn damaged_documents_are_accepted_where_serde_json_accepts_them_and_nowhere_else() {
    arbtest(|u| {
        let mut text = String::new();
        document(u, 2, &mut text)?;
        let mut bytes = text.into_bytes();
        let position = u.choose_index(bytes.len())?;
        match u.int_in_range(0..=2)? {
            0 => bytes.truncate(position),
            1 => drop(bytes.remove(position)),
            _ => bytes[position] = u.arbitrary()?,
        }
        same_verdict(&bytes);
        Ok(())
    });
}

fn same_verdict(bytes: &[u8]) {
    match (read(bytes), serde_json::from_slice(bytes)) {
        (Ok(ours), Ok(theirs)) => agree(&ours.value, &theirs),
        (Err(ours), Err(_)) => {
            assert!(ours.places().first().is_some_and(|place| place.column > 0), "{ours:?}")
        }
        (Err(ours), Ok(theirs)) => panic!("{ours:?}, but serde_json reads {theirs}"),
        (Ok(ours), Err(theirs)) => {
            assert!(
                theirs.to_string().starts_with("number out of range"),
                "{theirs}, but here it is {ours:?}"
            );
        }
    }
}
