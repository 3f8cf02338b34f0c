//! `NAME=value` lines. There is no standard. The README lists the forms that common tools read differently.

use deployer_core::{Error, SecretValue};

use super::collected::{Collected, Secrets};
use crate::errors;
use crate::text::Text;

pub(super) fn read(text: Text<'_>) -> Result<Secrets, Error> {
    let mut collected = Collected::new(text);
    let mut reader = Reader { text, at: 0 };
    while reader.next_line() {
        let (start, name) = reader.name()?;
        let value = reader.value()?;
        collected.add(name, start, Some(SecretValue::new(value)));
    }
    collected.finish()
}

struct Reader<'a> {
    text: Text<'a>,
    /// The next byte to read; always at the beginning of a character.
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text.text[self.at..]
    }

    fn line(&self) -> &'a str {
        self.rest().split('\n').next().unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Moves to the next line that isn't blank or a comment; false at the end.
    fn next_line(&mut self) -> bool {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.at += self.line().len();
        }
    }

    /// Passes a name and the `=` after it.
    fn name(&mut self) -> Result<(usize, &'a str), Error> {
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with([' ', '\t'])
        {
            self.at += "export".len();
            self.skip_blanks();
        }
        let start = self.at;
        let Some((name, _)) = self.line().split_once('=') else {
            return Err(self.refused(start, "a name and `=` are expected"));
        };
        self.at += name.len() + 1;
        let name = name.trim_end();
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '#')) {
            return Err(self.refused(start, "a name without blanks and quotes is expected before `=`"));
        }
        Ok((start, name))
    }

    fn value(&mut self) -> Result<String, Error> {
        let after_name = self.at;
        self.skip_blanks();
        let has_blank = self.at > after_name;
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => {
                let line = self.line();
                self.at += line.len();
                // A blank and `#` begin a comment. A password can begin with `#`.
                let comment = line.char_indices().find(|(at, c)| {
                    *c == '#' && line[..*at].chars().next_back().map_or(has_blank, char::is_whitespace)
                });
                let value = comment.map_or(line, |(at, _)| &line[..at]);
                Ok(value.trim_end().to_owned())
            }
        }
    }

    /// Passes a quoted value, which can have several lines, and a comment after it.
    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let start = self.at;
        let rest = self.rest();
        let Some(end) = closing(rest, quote) else {
            return Err(self.refused(start, "the quote that begins here is not closed"));
        };
        let inside = &rest[1..end];
        let value = if quote == '"' { unescaped(inside) } else { inside.to_owned() };
        self.at += end + 1;
        let after = self.line().trim();
        if !after.is_empty() && !after.starts_with('#') {
            self.skip_blanks();
            return Err(self.refused(self.at, "nothing but a comment may follow the closing quote"));
        }
        self.at += self.line().len();
        Ok(value)
    }

    fn refused(&self, offset: usize, cause: &str) -> Error {
        errors::malformed(self.text.place(offset), cause, "write a line for each secret: NAME=\"value\"")
    }
}

/// Where the quote that a text begins with is closed.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let closes = |c: char| {
        let closes = c == quote && !escaped;
        escaped = quote == '"' && c == '\\' && !escaped;
        closes
    };
    text[1..].find(closes).map(|at| at + 1)
}

fn unescaped(text: &str) -> String {
    // Never grown, so that no part of a value remains in memory.
    let mut value = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some('n')) => value.push('\n'),
            ('\\', Some('r')) => value.push('\r'),
            ('\\', Some('t')) => value.push('\t'),
            ('\\', Some(c @ ('"' | '\\' | '$'))) => value.push(c),
            (c, None) => value.push(c),
            (c, Some(other)) => value.extend([c, other]),
        }
    }
    value
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests are about the values themselves")]
mod tests;
