//! A secret of the service, its version and its field.

use std::fmt;

/// `id?stage=NAME#field`. Neither `?` nor `#` can stand in an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The name or the ARN.
    pub(crate) id: String,
    pub(crate) version: Version,
    /// A binary secret is taken, as base64.
    pub(crate) binary: bool,
    /// The field of the JSON object; `None` for the whole text.
    pub(crate) field: Option<String>,
}

/// Which version of a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// The one with the stage `AWSCURRENT`.
    #[default]
    Current,
    /// The one with this stage.
    Stage(String),
    /// The one with this id.
    Id(String),
}

impl Version {
    /// # Errors
    /// The setting that cannot be used, and why.
    pub(crate) fn new(
        stage: Option<&str>,
        version: Option<&str>,
    ) -> Result<Self, (&'static str, &'static str)> {
        // Both stand in addresses, between the marks of `Reference`.
        let plain = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| matches!(c, '?' | '&' | '#') || c.is_control())
        };
        match (stage, version) {
            (Some(_), Some(_)) => Err(("version", "it and `stage` exclude each other")),
            (Some(stage), None) if !plain(stage) => Err(("stage", "it is no label of a version")),
            (None, Some(version)) if !plain(version) => Err(("version", "it is no id of a version")),
            (Some("AWSCURRENT") | None, None) => Ok(Self::Current),
            (Some(stage), None) => Ok(Self::Stage(stage.to_owned())),
            (None, Some(version)) => Ok(Self::Id(version.to_owned())),
        }
    }
}

impl Reference {
    /// Whether the service can have a secret of this id
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>).
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let name = match self.id.strip_prefix("arn:") {
            None => self.id.as_str(),
            Some(_) => match self.id.splitn(7, ':').collect::<Vec<_>>()[..] {
                [_, _, "secretsmanager", _, _, "secret", name] => name,
                _ => {
                    return Err(
                        "it is no ARN of a secret (arn:aws:secretsmanager:region:account:secret:name)",
                    );
                }
            },
        };
        if name.is_empty() {
            return Err("it has no name");
        }
        if name.len() > 512 {
            return Err("it has more than 512 characters");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
        if name.chars().all(allowed) {
            Ok(())
        } else {
            Err("only letters, digits and /_+=.@- may stand in it")
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match &self.version {
            Version::Current => {}
            Version::Stage(stage) => write!(f, "?stage={stage}")?,
            Version::Id(id) => write!(f, "?version={id}")?,
        }
        if self.binary {
            f.write_str(if self.version == Version::Current { "?binary" } else { "&binary" })?;
        }
        match &self.field {
            Some(field) => write!(f, "#{field}"),
            None => Ok(()),
        }
    }
}

/// The region that an ARN names.
pub(crate) fn region(id: &str) -> Option<&str> {
    id.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}
