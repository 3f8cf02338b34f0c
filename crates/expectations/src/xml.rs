//! XML documents, printed as lxml prints them.

use xmlparser::{ElementEnd, ExternalId, StrSpan, Token, Tokenizer};

/// A part of a document.
enum Part {
    Element {
        name: String,
        attributes: Vec<(String, String)>,
        children: Vec<Part>,
    },
    /// Text without escapes.
    Text(String),
    /// A comment, an instruction or a CDATA section, as written.
    Other(String, bool),
}

/// The document with two blanks per level where it has no white space of its own. `None` if it cannot be read.
pub(crate) fn printed(bytes: &[u8]) -> Option<String> {
    let text = decoded(bytes)?;
    let mut out = String::new();
    let mut open: Vec<Part> = Vec::new();
    let mut top: Vec<Part> = Vec::new();
    let mut pending: Option<(String, Vec<(String, String)>)> = None;
    for token in Tokenizer::from(&*text) {
        match token.ok()? {
            Token::Declaration { standalone, .. } => {
                let standalone = if standalone.is_some() { " standalone='yes'" } else { "" };
                out = format!("<?xml version='1.0' encoding='utf-8'{standalone}?>\n");
            }
            Token::ElementStart { prefix, local, .. } => pending = Some((named(prefix, local), Vec::new())),
            Token::Attribute { prefix, local, value, .. } => {
                let value = unescaped(&value.as_str().replace(['\n', '\t', '\r'], " "))?;
                let name = named(prefix, local);
                let (_, attributes) = pending.as_mut()?;
                if attributes.iter().any(|(known, _)| *known == name) {
                    return None;
                }
                attributes.push((name, value));
            }
            Token::ElementEnd { end, .. } => match end {
                ElementEnd::Open | ElementEnd::Empty => {
                    let (name, attributes) = pending.take()?;
                    let element = Part::Element { name, attributes, children: Vec::new() };
                    if matches!(end, ElementEnd::Open) {
                        open.push(element);
                    } else {
                        add(&mut open, &mut top, element);
                    }
                }
                ElementEnd::Close(prefix, local) => {
                    let element = open.pop()?;
                    match &element {
                        Part::Element { name, .. } if *name == named(prefix, local) => {}
                        _ => return None,
                    }
                    add(&mut open, &mut top, element);
                }
            },
            Token::Text { text } => {
                let text = unescaped(&text.as_str().replace("\r\n", "\n").replace('\r', "\n"))?;
                if !open.is_empty() {
                    add(&mut open, &mut top, Part::Text(text));
                } else if !text.trim().is_empty() {
                    return None;
                }
            }
            Token::Cdata { span, .. } => add(&mut open, &mut top, Part::Other(span.to_string(), true)),
            Token::Comment { span, .. } | Token::ProcessingInstruction { span, .. } => {
                add(&mut open, &mut top, Part::Other(span.to_string(), false));
            }
            // Entities of a document type are not expanded, so such a document is compared by its bytes.
            Token::DtdStart { .. }
            | Token::EmptyDtd { external_id: Some(ExternalId::System(_) | ExternalId::Public(..)), .. } => {
                return None;
            }
            Token::EmptyDtd { span, .. } => top.push(Part::Other(span.to_string(), false)),
            Token::EntityDeclaration { .. } | Token::DtdEnd { .. } => return None,
        }
    }
    let roots = top.iter().filter(|part| matches!(part, Part::Element { .. })).count();
    if !open.is_empty() || pending.is_some() || roots != 1 {
        return None;
    }
    for part in &top {
        print(part, 0, true, &mut out);
        out.push('\n');
    }
    Some(out)
}

/// A document in UTF-8, or in Latin-1 if it says so.
fn decoded(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let head: String = bytes.iter().take(100).map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let head = head.split("?>").next().unwrap_or_default();
    if head.starts_with("<?xml") && (head.contains("iso-8859-1") || head.contains("latin-1")) {
        return Some(bytes.iter().map(|byte| char::from(*byte)).collect());
    }
    String::from_utf8(bytes.to_vec()).ok()
}

fn add(open: &mut [Part], top: &mut Vec<Part>, part: Part) {
    match open.last_mut() {
        Some(Part::Element { children, .. }) => match (children.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => children.push(part),
        },
        _ => top.push(part),
    }
}

fn named(prefix: StrSpan<'_>, local: StrSpan<'_>) -> String {
    match prefix.as_str() {
        "" => local.to_string(),
        prefix => format!("{prefix}:{local}"),
    }
}

/// Text with its references resolved. `None` for an unknown entity.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';')?;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "apos" => '\'',
            "quot" => '"',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn print(part: &Part, level: usize, pretty: bool, out: &mut String) {
    match part {
        Part::Text(text) => out.push_str(&escaped(text)),
        Part::Other(text, _) => out.push_str(text),
        Part::Element { name, attributes, children } => {
            out.push_str(&format!("<{name}"));
            for (name, value) in attributes {
                let value =
                    escaped(value).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;");
                out.push_str(&format!(" {name}=\"{value}\""));
            }
            if children.is_empty() {
                out.push_str("/>");
                return;
            }
            out.push('>');
            // An element with text of its own keeps the white space that it has.
            let is_text = |part: &Part| matches!(part, Part::Text(_) | Part::Other(_, true));
            let pretty = pretty && !children.iter().any(is_text);
            for child in children {
                if pretty {
                    out.push('\n');
                    out.push_str(&"  ".repeat(level + 1));
                }
                print(child, level + 1, pretty, out);
            }
            if pretty {
                out.push('\n');
                out.push_str(&"  ".repeat(level));
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}
