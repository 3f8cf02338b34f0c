//! From the name of a secret to its place in the service, and from listed names to secrets.

mod reference;
mod settings;

use std::collections::BTreeMap;

use deployer_core::model::SecretName;
use deployer_core::naming::{NamingWay, Parts, PlaceTemplate};
use deployer_core::traits::WantedSecret;
use deployer_core::{Error, Kind, Result};

pub(crate) use self::reference::{Reference, Version, region};
pub(crate) use self::settings::SecretSettings;

/// The places of a store's secrets.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    id: PlaceTemplate,
    /// None when the whole text of a secret is the value.
    field: Option<PlaceTemplate>,
    version: Version,
    binary: bool,
    /// Secrets that do not follow the rule.
    exceptions: BTreeMap<SecretName, Reference>,
}

/// The list that has the names of secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// The secrets whose name starts with a text.
    Secrets {
        /// What comes before the names.
        start: String,
    },
    /// The fields of a secret that start with a text.
    Fields {
        /// The secret, as a whole.
        secret: Reference,
        /// What comes before the names.
        start: String,
    },
}

impl Naming {
    /// # Errors
    /// `Settings`, one for each problem.
    pub(crate) fn new(
        way: &NamingWay,
        parts: Parts<'_>,
        defaults: SecretSettings,
        exceptions: &BTreeMap<String, SecretSettings>,
    ) -> Result<Self, Vec<Error>> {
        let mut problems = Vec::new();
        // In a bundle the prefix is one of fields, in which anything may stand.
        if *way != NamingWay::Bundle
            && let Err(cause) = settings::check_id(&format!("{}x", parts.prefix))
        {
            problems.push(settings::refused("prefix", cause));
        }
        let templates = way.templates(parts, settings::check_id).map_err(|found| problems.extend(found));
        if defaults.version.is_some() && *way != NamingWay::Bundle {
            problems.push(settings::refused(
                "version",
                "it is for `naming = \"bundle\"`; pin other secrets in the table `secrets`",
            ));
        }
        let version = Version::new(defaults.stage.as_deref(), defaults.version.as_deref())
            .map_err(|(setting, cause)| problems.push(settings::refused(setting, cause)));
        let mut made = BTreeMap::new();
        for (name, exception) in exceptions {
            match exception.reference(&defaults) {
                Ok(reference) => drop(made.insert(SecretName::new(name.as_str()), reference)),
                Err((setting, cause)) => {
                    problems.push(settings::refused(&format!("secrets.{name}.{setting}"), cause));
                }
            }
        }
        match (templates, version) {
            (Ok((id, field)), Ok(version)) if problems.is_empty() => {
                Ok(Self { id, field, version, binary: defaults.binary, exceptions: made })
            }
            _ => Err(problems),
        }
    }

    /// The start of all names, or the secret of a bundle, for messages.
    pub(crate) fn shown(&self) -> &str {
        self.id.start()
    }

    /// The secret, its version where one is pinned, and the field.
    ///
    /// # Errors
    /// `Verification` if the service can't have a secret of that name.
    pub(crate) fn reference(&self, wanted: &WantedSecret) -> Result<Reference> {
        if let Some(reference) = self.exceptions.get(&wanted.name) {
            return Ok(reference.clone());
        }
        let refused = |cause: String| {
            Error::new(
                Kind::Verification,
                format!("AWS Secrets Manager cannot hold a secret named {:?}", wanted.name.as_str()),
            )
            .with_cause(cause)
            .with_hint("rename it, or say where it is in the table `secrets`")
        };
        let field = self.field.as_ref().map(|field| field.fill(wanted));
        if field.as_deref() == Some("") {
            return Err(refused("the field would have no name".to_owned()));
        }
        // A name that is an ARN is complete.
        let id = if self.field.is_none() && wanted.name.as_str().starts_with("arn:") {
            wanted.name.as_str().to_owned()
        } else {
            self.id.fill(wanted)
        };
        let reference = Reference { id, version: self.version.clone(), binary: self.binary, field };
        reference.check().map_err(|cause| refused(format!("{:?}: {cause}", reference.id)))?;
        Ok(reference)
    }

    /// The list that has the names; `None` if there is more than one.
    pub(crate) fn listing(&self) -> Option<Listing> {
        let Some(field) = &self.field else {
            return Some(Listing::Secrets { start: self.id.before_last_name()?.to_owned() });
        };
        match self.id.constant() {
            Some(id) => {
                let secret = Reference {
                    id: id.to_owned(),
                    version: self.version.clone(),
                    binary: false,
                    field: None,
                };
                Some(Listing::Fields { secret, start: field.before_last_name()?.to_owned() })
            }
            None => Some(Listing::Secrets { start: self.id.before_last_name()?.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests;
