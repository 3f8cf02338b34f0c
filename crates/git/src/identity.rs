//! Author and committer of commits.

use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Result};
use gix::actor::Signature;
use gix::date::Time;

/// Author and committer of the commits of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    author: Person,
    committer: Person,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    name: String,
    email: String,
    /// The date; `None` for the present.
    date: Option<Time>,
}

impl Identity {
    /// The default name of author and committer.
    pub const NAME: &'static str = "sesam-deployer";
    /// The default e-mail address of author and committer.
    pub const EMAIL: &'static str = "sesam-deployer@localhost";

    /// Takes the author from the settings (`Name <address>`), else from `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`; the committer
    /// from `GIT_COMMITTER_NAME` and `GIT_COMMITTER_EMAIL`, else as the author's setting; dates from `GIT_AUTHOR_DATE` and
    /// `GIT_COMMITTER_DATE` (`git help commit-tree`).
    ///
    /// # Errors
    /// `Settings` for a name or address that a commit cannot contain, and for an invalid date; all of them at once.
    pub fn new(variables: &ProcessVariables, author: Option<&str>) -> Result<Self> {
        let set = author.map(parse_author).transpose()?;
        let (name, email) = set.clone().unwrap_or_else(|| (Self::NAME.to_owned(), Self::EMAIL.to_owned()));
        let mut problems = Vec::new();
        let mut person = |role: &str, from_settings: bool| {
            let variable = |part: &str| variables.get(&format!("GIT_{role}_{part}"));
            let named = |part: &str| variable(part).filter(|_| !from_settings);
            let date = variable("DATE").and_then(|text| {
                let parsed = gix::date::parse(text, None).ok();
                if parsed.is_none() {
                    problems.push(
                        Error::new(Kind::Settings, format!("GIT_{role}_DATE is not a date: {text:?}"))
                            .with_hint("write `1767225600 +0000` or `2026-01-01T00:00:00+00:00`"),
                    );
                }
                parsed
            });
            let person = Person {
                name: named("NAME").unwrap_or(&name).trim().to_owned(),
                email: named("EMAIL").unwrap_or(&email).trim().to_owned(),
                date,
            };
            problems.extend(person.problem(role));
            person
        };
        let identity =
            Self { author: person("AUTHOR", set.is_some()), committer: person("COMMITTER", false) };
        if problems.is_empty() {
            return Ok(identity);
        }
        Err(Error::together(Kind::Settings, "author and committer of commits cannot be used", problems))
    }

    /// The author at a time, unless a date is set.
    pub(crate) fn author(&self, now: Time) -> Signature {
        self.author.signature(now)
    }

    /// The committer at a time, unless a date is set.
    pub(crate) fn committer(&self, now: Time) -> Signature {
        self.committer.signature(now)
    }
}

impl Person {
    fn problem(&self, role: &str) -> Option<Error> {
        let forbidden = |text: &str| text.chars().any(|c| matches!(c, '<' | '>') || c.is_control());
        (self.name.is_empty() || forbidden(&self.name) || forbidden(&self.email)).then(|| {
            let role = role.to_lowercase();
            Error::new(
                Kind::Settings,
                format!("{:?} with the address {:?} cannot be the {role} of a commit", self.name, self.email),
            )
            .with_hint("names must not be empty, and neither part can contain `<`, `>` or control characters")
        })
    }

    fn signature(&self, now: Time) -> Signature {
        Signature {
            name: self.name.as_str().into(),
            email: self.email.as_str().into(),
            time: self.date.unwrap_or(now),
        }
    }
}

fn parse_author(text: &str) -> Result<(String, String)> {
    text.trim()
        .strip_suffix('>')
        .and_then(|rest| rest.split_once('<'))
        .map(|(name, email)| (name.trim().to_owned(), email.trim().to_owned()))
        .ok_or_else(|| {
            Error::new(
                Kind::Settings,
                format!("`author` must be written as `Name <address>`, this is {text:?}"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(variables: &[(&str, &str)], author: Option<&str>) -> Result<Identity> {
        Identity::new(&variables.iter().copied().collect(), author)
    }

    fn shown(variables: &[(&str, &str)], author: Option<&str>) -> [String; 2] {
        let identity = identity(variables, author).expect("good");
        let show = |signature: Signature| {
            format!("{} <{}> {}", signature.name, signature.email, signature.time.seconds)
        };
        let now = Time::new(7, 0);
        [show(identity.author(now)), show(identity.committer(now))]
    }

    #[test]
    fn settings_stand_before_variables_and_variables_before_the_default() {
        let default = "sesam-deployer <sesam-deployer@localhost> 7";
        assert_eq!(shown(&[], None), [default, default]);
        let variables =
            [("GIT_AUTHOR_NAME", "Åse"), ("GIT_AUTHOR_EMAIL", "a@x"), ("GIT_COMMITTER_EMAIL", "c@x")];
        assert_eq!(shown(&variables, None), ["Åse <a@x> 7", "sesam-deployer <c@x> 7"]);
        assert_eq!(shown(&variables, Some("Bo <b@x>")), ["Bo <b@x> 7", "Bo <c@x> 7"]);
    }

    #[test]
    fn dates_of_the_variables_are_honoured() {
        let variables =
            [("GIT_AUTHOR_DATE", "1767225600 +0100"), ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00+00:00")];
        let [author, committer] = shown(&variables, None);
        assert!(
            author.ends_with(" 1767225600") && committer.ends_with(" 1767225600"),
            "{author} {committer}"
        );
    }

    #[test]
    fn all_that_cannot_stand_in_a_commit_is_refused_at_once() {
        let error =
            identity(&[("GIT_AUTHOR_DATE", "soon"), ("GIT_COMMITTER_NAME", "a<b")], None).expect_err("bad");
        assert_eq!((error.kind(), error.related().len()), (Kind::Settings, 2));
        assert!(identity(&[], Some("nobody")).is_err());
        assert!(identity(&[], Some("a\nb <c>")).is_err());
        assert!(identity(&[], Some(" <c>")).is_err());
    }
}
