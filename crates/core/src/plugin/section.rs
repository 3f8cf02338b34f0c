//! A plugin's own part of the settings, with its place in the file.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::explain::{About, Explained, explain, in_toml};
use crate::document::SourceText;
use crate::error::{Error, Kind, Place, Result};

/// A table of the settings, handed to the plugin that its `kind` names, with the line numbers of the file.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    name: String,
    source: &'a SourceText,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Section<'a> {
    /// A table of a settings file. `name` is how messages call it: `stores.main`.
    pub fn new(name: impl Into<String>, source: &'a SourceText, table: Spanned<DeTable<'a>>) -> Self {
        Self { name: name.into(), source, table }
    }

    /// A section that is a whole text, as in tests and examples.
    ///
    /// # Errors
    /// `Settings` when the text is no TOML.
    pub fn parse(name: impl Into<String>, source: &'a SourceText) -> Result<Self> {
        let table = DeTable::parse(source.text()).map_err(|cause| syntax_error(source, &cause))?;
        Ok(Self::new(name, source, table))
    }

    /// How messages call it: `stores.main`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it starts, for problems of the section as a whole.
    pub fn place(&self) -> Place {
        self.source.place(u32::try_from(self.table.span().start).unwrap_or(u32::MAX))
    }

    /// Reads the section into the plugin's own settings, which must be strict (`deny_unknown_fields`).
    ///
    /// # Errors
    /// `Settings` for everything that is wrong, with the line and column, the accepted keys, and never the line itself: it may hold a
    /// credential.
    pub fn read<T: DeserializeOwned>(self) -> Result<T> {
        let name = self.name.clone();
        self.read_all()
            .map_err(|problems| Error::together(Kind::Settings, format!("[{name}] cannot be used"), problems))
    }

    /// The same, with the problems one by one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_all<T: DeserializeOwned>(self) -> Result<T, Vec<Error>> {
        match self.read_until_it_can_be() {
            (Some(settings), problems) if problems.is_empty() => Ok(settings),
            (_, problems) => Err(problems),
        }
    }

    /// The same, with the settings that are left without the keys that cannot be read.
    pub fn read_leniently<T: DeserializeOwned + Default>(self) -> (T, Vec<Error>) {
        let (settings, problems) = self.read_until_it_can_be();
        (settings.unwrap_or_default(), problems)
    }

    /// The reader stops at the first problem: the entry that it points at is taken out, and the rest is read again.
    fn read_until_it_can_be<T: DeserializeOwned>(self) -> (Option<T>, Vec<Error>) {
        let Self { name, source, table } = self;
        let (span, mut table) = (table.span(), table.into_inner());
        let mut problems = Vec::new();
        let mut taken_out = Vec::new();
        let settings = loop {
            let value = Spanned::new(span.clone(), DeValue::Table(table.clone()));
            let cause = match T::deserialize(ValueDeserializer::from(value)) {
                Ok(settings) => break Some(settings),
                Err(cause) => cause,
            };
            let missing =
                cause.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            if !missing.is_some_and(|field| is_explained(field, &taken_out, &problems)) {
                let path = cause.span().map(|at| path_to(&table, &at)).unwrap_or_default();
                problems.push(settings_error(&name, &path, source, &cause));
            }
            match cause.span().and_then(|at| take_out(&mut table, &at)) {
                Some(key) => taken_out.push(key),
                None => break None,
            }
        };
        problems.sort_by_key(|problem| problem.places().first().map(|place| (place.line, place.column)));
        (settings, problems)
    }
}

/// Whether a key is missing because of an earlier problem: it was taken out, or is probably what a misspelled one was meant to be.
fn is_explained(field: &str, taken_out: &[String], problems: &[Error]) -> bool {
    let meant = format!("did you mean `{field}`?");
    taken_out.iter().any(|key| key == field)
        || problems.iter().any(|problem| problem.hints().contains(&meant))
}

/// Takes out the innermost entry that a failure points at, and every table that is left empty by that. Says the key of the outermost.
fn take_out(table: &mut DeTable<'_>, at: &Range<usize>) -> Option<String> {
    let covers = |span: Range<usize>| span.start <= at.start && at.end <= span.end;
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let own = covers(key.span()) || covers(value.span());
        let inner = match value.get_mut() {
            DeValue::Table(inner) if !inner.is_empty() => {
                take_out(inner, at).map(|key| (key, inner.is_empty()))
            }
            _ => None,
        };
        match inner {
            Some((key, false)) => return Some(key),
            Some((_, true)) => found = Some(key.get_ref().to_string()),
            None if own => found = Some(key.get_ref().to_string()),
            None => continue,
        }
        break;
    }
    let key = found?;
    table.remove(key.as_str());
    Some(key)
}

/// The type of a value in the words of messages: `a text`, `a list`.
pub fn type_name(value: &DeValue<'_>) -> &'static str {
    in_toml(value.type_str())
}

/// The error for a text that is not TOML. The message of the parser repeats neither the line nor a value.
pub fn syntax_error(source: &SourceText, cause: &toml::de::Error) -> Error {
    let error = Error::new(Kind::Settings, format!("the settings are not valid TOML: {}", cause.message()));
    error.at(place(source, cause.span()))
}

fn place(source: &SourceText, span: Option<Range<usize>>) -> Place {
    match span {
        Some(span) => source.place(u32::try_from(span.start).unwrap_or(u32::MAX)),
        None => Place::file(source.file().clone()),
    }
}

/// Turns a failure of the reader into ours: place, section, key, and the nearest accepted name, without the text of the line and
/// without any value of it: either can be a credential. `path` leads to the value from the section.
fn settings_error(name: &str, path: &[String], source: &SourceText, cause: &toml::de::Error) -> Error {
    let Explained { about, message, hint } = explain(cause.message());
    let (tables, key) = match (about, path.split_last()) {
        (About::Table, _) | (_, None) => (path, None),
        (About::Key, Some((_, tables))) => (tables, None),
        (About::Value, Some((key, tables))) => (tables, Some(key)),
    };
    let section: Vec<&str> = std::iter::once(name)
        .filter(|name| !name.is_empty())
        .chain(tables.iter().map(String::as_str))
        .collect();
    let section =
        if section.is_empty() { "the settings".to_owned() } else { format!("[{}]", section.join(".")) };
    let key = key.map(|key| format!(" {key}")).unwrap_or_default();
    let error = Error::new(Kind::Settings, format!("{section}{key}: {message}"));
    hint.into_iter().fold(error, Error::with_hint).at(place(source, cause.span()))
}

/// The keys that lead to the innermost entry at a place.
fn path_to(table: &DeTable<'_>, at: &Range<usize>) -> Vec<String> {
    let covers = |span: Range<usize>| span.start <= at.start && at.end <= span.end;
    for (key, value) in table {
        let inner = value.get_ref().as_table().map(|inner| path_to(inner, at)).unwrap_or_default();
        if !inner.is_empty() || covers(key.span()) || covers(value.span()) {
            return std::iter::once(key.get_ref().to_string()).chain(inner).collect();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::plugin::rejected;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it matters")]
    struct Sample {
        mount: String,
        #[serde(default)]
        size: Option<u32>,
        #[serde(default)]
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
        Slow,
    }

    fn refusal(text: &str) -> String {
        let source = SourceText::new("deployer.toml", text);
        let section = Section::parse("stores.main", &source).unwrap();
        format!("{:?}", section.read::<Sample>().unwrap_err())
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_the_accepted_keys_and_the_nearest() {
        assert_eq!(
            refusal("mount = \"a\"\nsizee = 1\n"),
            "error[settings]: [stores.main]: unknown key `sizee`, expected one of `mount`, `size`, `mode`\n  \
             at deployer.toml:2:1\n  hint: did you mean `size`?"
        );
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it matters")]
    struct Nested {
        first: Sample,
        login: Login,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only reading it matters")]
    enum Login {
        Token(Sample),
    }

    #[track_caller]
    fn all_problems(text: &str, expected: &[&str]) {
        let source = SourceText::new("deployer.toml", text);
        let section = Section::parse("stores.main", &source).unwrap();
        let problems = section.read_all::<Nested>().unwrap_err();
        let found = problems.iter().map(|problem| {
            let message = problem.message().trim_start_matches("[stores.main");
            format!("{} {}", problem.places()[0].line, message.split(',').next().unwrap_or_default())
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn all_problems_are_told_and_none_that_follows_from_another() {
        all_problems(
            "login = { token = { mount = 1, size = 'x' } }\nother = 1\n[first]\nmont = ''\nsize = ''\nzzz = 1\n",
            &[
                "1 .login.token] mount: expected a text",
                "1 .login.token] size: expected a whole number",
                "2 ]: unknown key `other`",
                "4 .first]: unknown key `mont`",
                "5 .first] size: expected a whole number",
                "6 .first]: unknown key `zzz`",
            ],
        );
        all_problems(
            "login = { tokn = {} }\n[first]\nmount = ''\n",
            &["1 .login] tokn: unknown value `tokn`"],
        );
        all_problems("first = 1\nother = 1\n", &["1 .first]: expected a table", "2 ]: unknown key `other`"]);
    }

    #[test]
    fn a_value_is_never_repeated() {
        for text in [
            "mount = \"a\"\nsize = \"canary, expected `\"",
            "mount = \"a\"\nmode = \"canary`, expected `\"",
            "size = [\"canary\"]\nmount = \"b\"",
            "mount = 77777",
        ] {
            let shown = refusal(text);
            assert!(!shown.contains("canary") && !shown.contains("77777"), "{shown}");
            assert!(!shown.contains("sequence") && !shown.contains("string"), "{shown}");
            assert!(shown.contains("expected") && shown.contains("at deployer.toml:"), "{shown}");
        }
    }

    #[test]
    fn a_foreign_message_is_not_shown_and_ours_is() {
        #[derive(Debug)]
        struct Odd;
        impl<'de> Deserialize<'de> for Odd {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                match String::deserialize(reader)?.as_str() {
                    "ours" => Err(rejected("the value is odd")),
                    text => Err(serde::de::Error::custom(format!("{text} is odd"))),
                }
            }
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only reading it matters")]
        struct Holder {
            odd: Odd,
        }
        for (text, expected) in [
            ("odd = 'ours'", "[stores.main] odd: the value is odd"),
            ("odd = 'canary'", "[stores.main] odd: the value cannot be used"),
        ] {
            let source = SourceText::new("deployer.toml", text);
            let problems = Section::parse("stores.main", &source).unwrap().read_all::<Holder>().unwrap_err();
            assert_eq!(problems[0].message(), expected);
            assert_eq!(problems[0].places()[0].to_string(), "deployer.toml:1:7");
        }
    }

    #[test]
    fn a_value_near_an_accepted_one_is_guessed() {
        assert!(refusal("mount = \"a\"\nmode = \"fats\"").contains("did you mean `fast`?"));
    }
}
