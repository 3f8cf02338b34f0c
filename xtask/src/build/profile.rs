//! How a program is optimised.

use crate::shell::Result;

/// How a program is optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Profile {
    /// For size; builds slowly.
    #[default]
    Small,
    /// For speed.
    Fast,
    /// Not at all: quick to build, for trying a set out.
    Dev,
}

impl Profile {
    pub(super) fn parse(word: &str) -> Result<Self> {
        match word {
            "small" => Ok(Self::Small),
            "fast" => Ok(Self::Fast),
            "dev" => Ok(Self::Dev),
            _ => Err(format!("there is no profile `{word}`: small, fast or dev")),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Fast => "fast",
            Self::Dev => "dev",
        }
    }

    /// The profile of cargo.
    pub(super) fn of_cargo(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Fast => "release",
            Self::Dev => "dev",
        }
    }

    /// The folder that cargo writes programs of this profile to.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Fast => "release",
            Self::Dev => "debug",
        }
    }
}
