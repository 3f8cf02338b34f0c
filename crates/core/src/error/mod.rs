//! The one error type: what was attempted, why it failed, where, and what to do next.

mod nearest;
mod note;
mod place;

use std::fmt;
use std::time::Duration;

pub use nearest::{did_you_mean, nearest};
pub use note::{Level, Note};
pub use place::Place;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is. Policy (retry, exit code) reads the kind; people read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// The thing asked for does not exist.
    NotFound,
    /// Who we are was not accepted: a wrong or expired credential.
    Unauthenticated,
    /// We are known, and not allowed to do this.
    Denied,
    /// The other side asks us to slow down.
    RateLimited,
    /// The other side cannot be reached, or is not able to answer now.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// Somebody else changed the same thing first.
    Conflict,
    /// The other side understood the request and refused its content.
    Rejected,
    /// The other side answered something we cannot make sense of.
    Unexpected,
    /// The configuration, a variable or a secret does not pass verification.
    Verification,
    /// A safety rule asks for consent that was not given.
    Refused,
    /// The settings are wrong or incomplete.
    Settings,
    /// A write was sent and its outcome could not be found out.
    UnknownOutcome,
    /// The run was asked to stop.
    Interrupted,
    /// A file of this machine cannot be read or written.
    Io,
    /// A defect of this program.
    Bug,
}

impl Kind {
    /// The stable code that machines may match on, such as `not-found`.
    pub fn code(self) -> &'static str {
        match self {
            Kind::NotFound => "not-found",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Denied => "denied",
            Kind::RateLimited => "rate-limited",
            Kind::Unavailable => "unavailable",
            Kind::Timeout => "timeout",
            Kind::Conflict => "conflict",
            Kind::Rejected => "rejected",
            Kind::Unexpected => "unexpected",
            Kind::Verification => "verification",
            Kind::Refused => "refused",
            Kind::Settings => "settings",
            Kind::UnknownOutcome => "unknown-outcome",
            Kind::Interrupted => "interrupted",
            Kind::Io => "io",
            Kind::Bug => "bug",
        }
    }
}

/// Whether the same call may pass when it is made again. Set by the plugin that saw the failure, acted on by the runner alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Retry {
    /// Making the same call again gives the same failure.
    #[default]
    Never,
    /// It may pass after a short while, as long as the runner sees fit.
    Soon,
    /// It may pass after this time, which the other side asked for (`Retry-After`).
    After(Duration),
}

/// A failure. Cheap to move; build it with [`Error::new`] and the `with_…` methods.
///
/// The text of an error never holds a secret value, a token, the body of an HTTP answer or a URL with credentials: whoever makes
/// the error maps foreign errors to its own words.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Error(Box<Parts>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Parts {
    kind: Kind,
    message: String,
    cause: Option<String>,
    places: Vec<Place>,
    hints: Vec<String>,
    details: Vec<String>,
    related: Vec<Error>,
    retry: Retry,
}

impl Error {
    /// A failure of a kind, with a message that says what was attempted and names the thing: `read secret/app/db: not found`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            cause: None,
            places: Vec::new(),
            hints: Vec::new(),
            details: Vec::new(),
            related: Vec::new(),
            retry: Retry::Never,
        }))
    }

    /// Many failures of one kind under one heading, so that all are reported at once.
    pub fn many(kind: Kind, message: impl Into<String>, related: Vec<Error>) -> Self {
        let mut error = Self::new(kind, message);
        error.0.related = related;
        error
    }

    /// What went wrong: one failure as it is, any other number of them as [`Self::many`].
    pub fn together(kind: Kind, message: impl Into<String>, mut failures: Vec<Error>) -> Self {
        match failures.len() {
            1 => failures.remove(0),
            _ => Self::many(kind, message, failures),
        }
    }

    /// Why a part of the settings cannot be used: one problem as it is, with the part as its context, several under it.
    pub fn unusable(part: &str, mut problems: Vec<Error>) -> Self {
        match problems.len() {
            1 => problems.remove(0).context(part),
            _ => Self::many(Kind::Settings, format!("{part} cannot be used"), problems),
        }
    }

    /// Adds the reason in the words of the lower layer (a status, an I/O error), free of secrets.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Adds a place in a file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.places.push(place);
        self
    }

    /// Adds several places in files.
    #[must_use]
    pub fn at_all(mut self, places: impl IntoIterator<Item = Place>) -> Self {
        self.0.places.extend(places);
        self
    }

    /// Adds a hint: what to check or to type next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Says that this program is built without a feature, and how to get one that has it.
    #[must_use]
    pub fn without_feature(self, feature: &str) -> Self {
        self.with_cause(format!("this program is built without the feature `{feature}`")).with_hint(format!(
            "add it to the features that `sesam-deployer version` shows: `cargo xtask build --features …,{feature}`"
        ))
    }

    /// Adds a line of detail, such as what the other side said, word for word.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.details.push(detail.into());
        self
    }

    /// Adds a related failure that is reported below this one.
    #[must_use]
    pub fn with_related(mut self, related: Error) -> Self {
        self.0.related.push(related);
        self
    }

    /// Says whether the same call may pass later.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Puts what was attempted in front of the message: `deploy node master: …`.
    #[must_use]
    pub fn context(mut self, attempted: impl fmt::Display) -> Self {
        self.0.message = format!("{attempted}: {}", self.0.message);
        self
    }

    /// The same error as one of another kind.
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message without cause, places and hints.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The reason in the words of the lower layer.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The places it points at, in the order they were found.
    pub fn places(&self) -> &[Place] {
        &self.0.places
    }

    /// What to check or to type next.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// Lines of detail.
    pub fn details(&self) -> &[String] {
        &self.0.details
    }

    /// Failures reported below this one.
    pub fn related(&self) -> &[Error] {
        &self.0.related
    }

    /// This failure, then those reported below it.
    pub fn all(&self) -> impl Iterator<Item = &Error> {
        std::iter::once(self).chain(self.related())
    }

    /// Whether the same call may pass later.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(cause) = &self.0.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {self}", self.0.kind.code())?;
        for place in &self.0.places {
            write!(f, "\n  at {place}")?;
        }
        for detail in &self.0.details {
            write!(f, "\n  {detail}")?;
        }
        for hint in &self.0.hints {
            write!(f, "\n  hint: {hint}")?;
        }
        for related in &self.0.related {
            write!(f, "\n{related:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_stands_for_itself_and_several_under_a_heading() {
        let failure = |text: &str| Error::new(Kind::Settings, text);
        let one = Error::together(Kind::Settings, "heading", vec![failure("a")]);
        assert_eq!((one.message(), one.related().len()), ("a", 0));
        let two = Error::together(Kind::Settings, "heading", vec![failure("a"), failure("b")]);
        assert_eq!((two.message(), two.related().len()), ("heading", 2));
        let one = Error::unusable("[stores.main]", vec![failure("a")]);
        assert!(one.message().contains("a") && one.message().contains("[stores.main]"), "{one:?}");
        let two = Error::unusable("[stores.main]", vec![failure("a"), failure("b")]);
        assert_eq!((two.message(), two.related().len()), ("[stores.main] cannot be used", 2));
    }
}
