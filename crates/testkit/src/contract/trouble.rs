//! What can be wrong with a service, and what a plugin has to make of it.

use std::time::Duration;

use deployer_core::{Error, Kind, Retry};

/// What is wrong with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Nobody listens.
    Down,
    /// The connection is cut before the answer.
    Cut,
    /// No answer comes. The plugin that the rig builds then waits for a second at most.
    Silent,
    /// HTTP 503, or what else says "later".
    Unavailable,
    /// HTTP 429 with `Retry-After: 7`, or what else says "slower".
    RateLimited,
    /// A success whose body is a page for people.
    Html,
    /// A success whose body breaks off.
    HalfJson,
    /// The credential is not accepted.
    Unauthenticated,
    /// The credential is accepted, and may do nothing.
    Denied,
    /// HTTP 404 with a page for people, as a proxy or a wrong base path answers. Only stores meet it: they must not take it for a
    /// missing secret.
    NotFoundPage,
}

impl Trouble {
    /// All that every family meets.
    pub const ALL: [Self; 9] = [
        Self::Down,
        Self::Cut,
        Self::Silent,
        Self::Unavailable,
        Self::RateLimited,
        Self::Html,
        Self::HalfJson,
        Self::Unauthenticated,
        Self::Denied,
    ];

    /// All that a store meets.
    pub(super) fn of_stores() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().chain([Self::NotFoundPage])
    }

    /// What [`Self::RateLimited`] asks for.
    pub const RETRY_AFTER: Duration = Duration::from_secs(7);

    /// Whether a rig may bring it about by the way it builds the plugin, so that it neither meets a plugin that was built before
    /// nor ends for one that was built meanwhile.
    pub(super) fn is_built_in(self) -> bool {
        matches!(self, Self::Down | Self::Silent | Self::Unauthenticated | Self::Denied)
    }

    fn kind(self) -> Kind {
        match self {
            Self::Down | Self::Cut | Self::Unavailable => Kind::Unavailable,
            Self::Silent => Kind::Timeout,
            Self::RateLimited => Kind::RateLimited,
            Self::Html | Self::HalfJson => Kind::Unexpected,
            Self::Unauthenticated => Kind::Unauthenticated,
            Self::Denied => Kind::Denied,
            Self::NotFoundPage => Kind::NotFound,
        }
    }

    /// Fails unless a failed read is of the right kind, and may be repeated where that can help.
    #[track_caller]
    pub(super) fn check_read(self, error: &Error) {
        let kind = error.kind();
        let is_wrong_address = matches!(kind, Kind::Settings | Kind::Unexpected);
        let fits = kind == self.kind() || self == Self::NotFoundPage && is_wrong_address;
        assert!(fits, "{self:?} is {:?}: {error:?}", self.kind());
        match (self, error.retry()) {
            (Self::RateLimited, retry) => assert_eq!(retry, Retry::After(Self::RETRY_AFTER), "{error:?}"),
            (Self::Down | Self::Cut | Self::Silent | Self::Unavailable, retry) => {
                assert_ne!(retry, Retry::Never, "{self:?} may pass: {error:?}");
            }
            (_, retry) => assert_eq!(retry, Retry::Never, "{self:?} stays: {error:?}"),
        }
    }

    /// Fails unless a failed delivery, which must not be made twice, is of the right kind and repeated only when nothing was
    /// delivered.
    #[track_caller]
    pub(super) fn check_delivery(self, error: &Error) {
        match (self, error.retry()) {
            (Self::RateLimited, retry) => assert_eq!(retry, Retry::After(Self::RETRY_AFTER), "{error:?}"),
            (Self::Down, retry) => assert_ne!(retry, Retry::Never, "nothing was delivered: {error:?}"),
            // Whether a gateway passed a delivery on before it gave up is for the plugin to know.
            (Self::Unavailable, _) => {}
            (_, retry) => assert_eq!(retry, Retry::Never, "{self:?} may have been delivered: {error:?}"),
        }
        if matches!(self, Self::Cut | Self::Silent | Self::Unavailable) {
            let kind = error.kind();
            assert!([self.kind(), Kind::UnknownOutcome].contains(&kind), "{self:?}: {error:?}");
        } else {
            assert_eq!(error.kind(), self.kind(), "{self:?}: {error:?}");
        }
    }
}
