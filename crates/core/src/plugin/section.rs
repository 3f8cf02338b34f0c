//! A plugin's own part of the settings, with its place in the file.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::document::SourceText;
use crate::error::{Error, Kind, Place, Result, nearest};

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
        let table =
            DeTable::parse(source.text()).map_err(|cause| settings_error("the settings", source, &cause))?;
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

    /// Reads the section into the plugin's own settings, which are to be strict (`deny_unknown_fields`).
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
        let Self { name, source, table } = self;
        let (span, mut table) = (table.span(), table.into_inner());
        let mut problems = Vec::new();
        let mut taken_out = Vec::new();
        // The reader stops at the first problem: what it points at is taken out, and the rest is read again.
        let in_order = |mut problems: Vec<Error>| {
            problems.sort_by_key(|problem| problem.places().first().map(|place| (place.line, place.column)));
            problems
        };
        loop {
            let value = Spanned::new(span.clone(), DeValue::Table(table.clone()));
            let cause = match T::deserialize(ValueDeserializer::from(value)) {
                Ok(settings) if problems.is_empty() => return Ok(settings),
                Ok(_) => return Err(in_order(problems)),
                Err(cause) => cause,
            };
            let missing =
                cause.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            if !missing.is_some_and(|field| is_explained(field, &taken_out, &problems)) {
                problems.push(settings_error(&name, source, &cause));
            }
            let at = cause.span().filter(|_| missing.is_none());
            match at.and_then(|at| take_out(&mut table, &at)) {
                Some(key) => taken_out.push(key),
                None => return Err(in_order(problems)),
            }
        }
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

/// Turns a failure of the TOML reader into ours: message, place and the nearest accepted name, without the text of the line and
/// without any value of it: either may be a credential.
pub(crate) fn settings_error(name: &str, source: &SourceText, cause: &toml::de::Error) -> Error {
    let (message, hint) = explain(cause.message());
    let error = Error::new(Kind::Settings, format!("[{name}]: {message}"));
    let error = match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    match cause.span() {
        Some(span) => error.at(source.place(u32::try_from(span.start).unwrap_or(u32::MAX))),
        None => error.at(Place::file(source.file().clone())),
    }
}

/// Serde's words for a bad value or name, values dropped, and the accepted name that was probably meant.
fn explain(message: &str) -> (String, Option<String>) {
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (field, accepted) = split_at_expected(rest);
        return (message.to_owned(), did_you_mean(field, accepted));
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (variant, accepted) = split_at_expected(rest);
        return (format!("unknown value, {accepted}"), did_you_mean(variant, accepted));
    }
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|prefix| message.strip_prefix(prefix));
    if let Some((found, expected)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        let found = found.split(['`', '"']).next().unwrap_or_default().trim_end();
        return (format!("expected {}, found {}", in_toml(expected), in_toml(found)), None);
    }
    (message.to_owned(), None)
}

/// Serde's word for a shape, as people who write TOML know it.
fn in_toml(word: &str) -> &str {
    match word {
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "a table",
        "a string" | "string" => "a text",
        "a boolean" | "boolean" => "true or false",
        "integer" | "floating point" => "a number",
        _ if word.starts_with("struct ") => "a table",
        _ => word,
    }
}

/// Parts `name`, expected one of …` into the name and the rest, at the last place where serde's words can begin.
fn split_at_expected(rest: &str) -> (&str, &str) {
    let at = rest.rfind("`, expected ").or_else(|| rest.rfind("`, there are no "));
    at.map_or((rest, ""), |at| (&rest[..at], &rest[at + "`, ".len()..]))
}

fn did_you_mean(name: &str, accepted: &str) -> Option<String> {
    let known = accepted.split('`').skip(1).step_by(2);
    nearest(name, known).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

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
            "error[settings]: [stores.main]: unknown field `sizee`, expected one of `mount`, `size`, `mode`\n  \
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
            let message = problem.message().trim_start_matches("[stores.main]: ");
            format!("{} {}", problem.places()[0].line, message.split(',').next().unwrap_or_default())
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn all_problems_are_told_and_none_that_follows_from_another() {
        all_problems(
            "login = { token = { mount = 1, size = 'x' } }\nother = 1\n[first]\nmont = ''\nsize = ''\nzzz = 1\n",
            &[
                "1 expected a text",
                "1 expected u32",
                "2 unknown field `other`",
                "4 unknown field `mont`",
                "5 expected u32",
                "6 unknown field `zzz`",
            ],
        );
        all_problems("login = { tokn = {} }\n[first]\nmount = ''\n", &["1 unknown value"]);
        all_problems("first = 1\nother = 1\n", &["1 expected a table", "2 unknown field `other`"]);
    }

    #[test]
    fn a_value_is_never_repeated() {
        for text in [
            "mount = \"a\"\nsize = \"canary, expected `\"",
            "mount = \"a\"\nmode = \"canary`, expected `\"",
            "mount = \"a\"\nmode = { canary = 1 }",
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
    fn a_value_near_an_accepted_one_is_guessed() {
        assert!(refusal("mount = \"a\"\nmode = \"fats\"").contains("did you mean `fast`?"));
    }
}
