//! The command line of `cargo xtask build`.

use std::path::PathBuf;

use lexopt::prelude::*;

use super::profile::Profile;

/// The command line.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) features: Option<String>,
    pub(super) settings: Option<PathBuf>,
    pub(super) distribution: Option<PathBuf>,
    pub(super) like: Option<PathBuf>,
    pub(super) profile: Option<Profile>,
    pub(super) is_static: bool,
    pub(super) locked: bool,
    pub(super) fetch_only: bool,
    pub(super) name: Option<String>,
    pub(super) output: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn parse(mut parser: lexopt::Parser) -> std::result::Result<Self, lexopt::Error> {
        let mut arguments = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("features") => arguments.features = Some(parser.value()?.string()?),
                Long("for") => arguments.settings = Some(parser.value()?.into()),
                Long("distribution") => arguments.distribution = Some(parser.value()?.into()),
                Long("like") => arguments.like = Some(parser.value()?.into()),
                Long("profile") => {
                    arguments.profile = Some(parser.value()?.parse_with(Profile::parse)?);
                }
                Long("static") => arguments.is_static = true,
                Long("locked") => arguments.locked = true,
                Long("fetch-only") => arguments.fetch_only = true,
                Long("name") => arguments.name = Some(parser.value()?.string()?),
                Long("output") => arguments.output = Some(parser.value()?.into()),
                argument => return Err(argument.unexpected()),
            }
        }
        Ok(arguments)
    }
}
