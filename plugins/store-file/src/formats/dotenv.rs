//! `NAME=value` lines. There is no standard; this reads what the common tools agree on, and replaces no variables in values.

use deployer_core::{Error, SecretValue};

use super::{Collected, Secrets};
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

    /// Moves to the next line that holds something; false at the end.
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
        self.skip_blanks();
        match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => {
                let line = self.line();
                self.at += line.len();
                let comment = line.char_indices().find(|(at, c)| {
                    *c == '#' && line[..*at].chars().next_back().is_none_or(char::is_whitespace)
                });
                let value = comment.map_or(line, |(at, _)| &line[..at]);
                Ok(value.trim_end().to_owned())
            }
        }
    }

    /// Passes a quoted value, which may have several lines, and what may follow it on its last line.
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
    // Never grown, so that no half of a value stays behind in memory.
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
mod tests {
    use super::*;

    fn text(text: &str) -> Text<'_> {
        Text { file: ".env", text }
    }

    #[test]
    fn values_are_read_as_the_common_tools_do() {
        for (line, expected) in [
            ("a=value", "value"),
            ("export a = value \r", "value"),
            ("a=", ""),
            ("a=one two # a comment", "one two"),
            ("a=one#two", "one#two"),
            ("a= # a comment", ""),
            ("a=x=y==", "x=y=="),
            ("a='$HOME \\n \"x\"' # a comment", "$HOME \\n \"x\""),
            ("a=\"one\\ntwo\\t\\\"\\\\ \\$HOME \\d\"", "one\ntwo\t\"\\ $HOME \\d"),
            ("a=\"one\ntwo # no comment\n\"", "one\ntwo # no comment\n"),
            ("# first\n\n  a=ø", "ø"),
            ("a=${NAME}", "${NAME}"),
        ] {
            let secrets = read(text(line)).unwrap();
            assert_eq!(secrets["a"].as_ref().unwrap().expose(), expected, "{line}");
            assert_eq!(secrets.len(), 1, "{line}");
        }
        let secrets = read(text("db-password='a\nb'\r\napi.key=c\n")).unwrap();
        assert_eq!(secrets.keys().collect::<Vec<_>>(), ["api.key", "db-password"]);
        assert!(read(text("")).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place_and_without_a_value() {
        for (lines, place) in [
            ("a=1\nhunter2", ".env:2:1"),
            ("a=1\n =hunter2", ".env:2:2"),
            ("a b=hunter2", ".env:1:1"),
            ("a='hunter2\n", ".env:1:3"),
            ("a=\"hunter2\\", ".env:1:3"),
            ("a='x' hunter2", ".env:1:7"),
            ("\"hunter2\"=1", ".env:1:1"),
        ] {
            let shown = format!("{:?}", read(text(lines)).unwrap_err());
            assert!(shown.contains(place), "{place}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let shown = format!("{:?}", read(text("a=hunter2\nb=1\nexport a=2")).unwrap_err());
        assert!(shown.contains(".env:1:1") && shown.contains(".env:3:8"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
