//! Failed logins in words that name the next step.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use deployer_core::{Error, Kind, Redactor, Retry};

/// The most characters of another's words that an error repeats.
const LONGEST: usize = 2048;

/// What the SDK says about a profile of IAM Identity Center if this crate is built without `sso`. The SDK has no type for it.
const SSO_IS_MISSING: &str = "cargo feature(s) enabled: sso";

/// No region was found.
pub fn no_region(profile: Option<&str>) -> Error {
    let profile = profile.unwrap_or("default");
    Error::new(Kind::Settings, "no region")
        .with_cause(format!("neither the settings, nor AWS_REGION, nor the profile {profile:?} names one"))
        .with_hint("set `region = \"eu-north-1\"`, or the environment variable AWS_REGION")
}

/// There are no credentials, or they could not be got.
pub fn credentials(cause: &CredentialsError, profile: Option<&str>, redactor: &Redactor) -> Error {
    let attempted = "log in to AWS";
    if let Some(ours) = find::<Error>(cause) {
        return renamed(attempted, ours);
    }
    let words = |error: Error| {
        let words = told(&chain(cause), redactor);
        if words.is_empty() { error } else { error.with_detail(format!("the AWS SDK says: {words}")) }
    };
    match cause {
        CredentialsError::CredentialsNotLoaded(_) => Error::new(Kind::Settings, "no credentials for AWS")
            .with_cause(match profile {
                Some(profile) => format!("the profile {profile:?} is not there, or it gives none"),
                None => "neither variables, nor a profile, nor a web identity, nor this machine's or container's role has some".to_owned(),
            })
            .with_hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or `profile` to one of ~/.aws/config, or give the machine or pod a role")
            .with_hint("in a pipeline, log in to AWS before this program runs"),
        CredentialsError::ProviderTimedOut(_) => {
            Error::new(Kind::Timeout, attempted).with_cause("no credentials in time").with_retry(Retry::Soon)
        }
        CredentialsError::InvalidConfiguration(_) if chain(cause).contains(SSO_IS_MISSING) => {
            let profile = profile.unwrap_or("default");
            Error::new(Kind::Settings, format!("{attempted}: the profile {profile:?} uses IAM Identity Center (SSO)"))
                .without_feature("aws-sso")
                // The name can come from a file that is not trusted: the command does not contain it.
                .with_hint("or log in before this program runs: `eval \"$(aws configure export-credentials --profile PROFILE --format env)\"`, and leave `profile` and AWS_PROFILE out")
        }
        CredentialsError::InvalidConfiguration(_) => words(
            Error::new(Kind::Settings, attempted)
                .with_cause(match profile {
                    Some(profile) => format!("the profile {profile:?} of the AWS configuration files cannot be used"),
                    None => "the AWS configuration files or variables cannot be used".to_owned(),
                })
                .with_hint("check `profile` and AWS_PROFILE against ~/.aws/config and ~/.aws/credentials"),
        ),
        _ => words(
            Error::new(Kind::Unauthenticated, attempted)
                .with_cause("the source of credentials refused")
                .with_hint("try the same with `aws sts get-caller-identity`; a login may have expired (`aws sso login`)"),
        ),
    }
}

/// Our own failure out of the SDK's, named by what was attempted and not by its URL: equal failures of many reads are told once.
pub fn renamed(attempted: &str, ours: &Error) -> Error {
    let renamed = Error::new(ours.kind(), attempted).with_retry(ours.retry());
    let renamed = renamed.with_cause(ours.cause().unwrap_or(ours.message()));
    ours.hints().iter().fold(renamed, |renamed, hint| renamed.with_hint(hint))
}

/// Another's words on one line, secrets masked, cut.
pub fn told(text: &str, redactor: &Redactor) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redactor.mask(&line).0.chars().take(LONGEST).collect()
}

/// The texts of an error's causes.
fn chain(error: &dyn StdError) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The first cause of a type, the error itself excluded.
pub fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

fn causes<'a>(error: &'a dyn StdError) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
