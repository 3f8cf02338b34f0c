//! From the name of a secret to its place in Vault, and from listed names to secrets.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts, PlaceTemplate};
use deployer_core::traits::{SecretAddress, WantedSecret};
use deployer_core::{Error, Kind, Result};

/// The places of a store's secrets.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    mount: String,
    shown: String,
    path: PlaceTemplate,
    /// `None` if the value is chosen among all fields.
    field: Option<PlaceTemplate>,
    /// Whether a secret without the field still has a value: one path per secret, as the field `value` is only a custom there.
    lenient: bool,
    /// Pinned versions by path.
    versions: BTreeMap<String, u64>,
}

/// A field of a path below the mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPlace {
    pub(crate) path: String,
    pub(crate) field: FieldChoice,
}

/// The rule that chooses among the fields of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldChoice {
    /// This field only.
    Exactly(String),
    /// This field if it exists, else `value`, else the only one, else the first.
    Preferably(Option<String>),
}

/// The list that has the names of secrets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Listing<'a> {
    /// The paths in a folder, which ends in a slash unless it is the mount itself, that start with a text.
    Folder {
        /// The folder below the mount.
        folder: &'a str,
        /// What comes before the names.
        start: &'a str,
    },
    /// The fields of a path that start with a text.
    Fields {
        /// The path below the mount.
        path: &'a str,
        /// What comes before the names.
        start: &'a str,
    },
}

impl Naming {
    /// # Errors
    /// `Settings`, with all problems, when mount, prefix, path, field, template or a pinned path cannot be used.
    pub(crate) fn new(
        way: &NamingWay,
        mount: &str,
        parts: Parts<'_>,
        versions: BTreeMap<String, u64>,
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let mut refuse = |name: &str, cause: &str| {
            problems.push(Error::new(Kind::Settings, format!("`{name}` cannot be used")).with_cause(cause));
        };
        let mount = mount.trim_matches('/');
        if let Err(cause) = check_path(mount) {
            refuse("mount", cause);
        }
        let prefix = parts.prefix.trim_start_matches('/');
        // With a name behind it: a prefix may end in a slash.
        if let Err(cause) = check_path(&format!("{prefix}x")) {
            refuse("prefix", cause);
        }
        for pinned in versions.keys() {
            if check_path(pinned).is_err() {
                refuse("versions", &format!("{pinned:?} is no path below the mount"));
            }
        }
        let path = parts.path.map(|path| path.trim_matches('/'));
        let way = match way {
            NamingWay::Template(text) => &NamingWay::Template(text.trim_start_matches('/').to_owned()),
            other => other,
        };
        let made = way.templates(Parts { prefix, path, ..parts }, check_path);
        let (path, field) = match made {
            Ok((path, field)) if problems.is_empty() => (path, field),
            made => {
                problems.extend(made.err().into_iter().flatten());
                return Err(Error::together(
                    Kind::Settings,
                    "the places of secrets cannot be used",
                    problems,
                ));
            }
        };
        let lenient = *way == NamingWay::Field;
        let shown = match (&path.constant(), lenient) {
            (Some(whole), false) => format!("{mount}/{whole}"),
            _ => format!("{mount}/{}", path.start()),
        };
        Ok(Self { mount: mount.to_owned(), shown, path, field, lenient, versions })
    }

    pub(crate) fn mount(&self) -> &str {
        &self.mount
    }

    /// Mount and the start of all paths, for people.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The version that the settings pin a path to.
    pub(crate) fn version(&self, path: &str) -> Option<u64> {
        self.versions.get(path).copied()
    }

    /// The place of a secret.
    ///
    /// # Errors
    /// `Verification` if Vault can't have a secret of that name.
    pub(crate) fn place(&self, secret: &WantedSecret) -> Result<FieldPlace> {
        let rejected = |cause: String| {
            Error::new(
                Kind::Verification,
                format!("Vault cannot hold a secret named {:?}", secret.name.as_str()),
            )
            .with_cause(cause)
        };
        let path = self.path.fill(secret);
        check_path(&path).map_err(|cause| {
            rejected(format!("the path {path:?} cannot be used: {cause}"))
                .with_hint("name the secret without empty parts between slashes")
        })?;
        let field = match self.field.as_ref().map(|field| field.fill(secret)) {
            Some(field) if field.is_empty() => {
                return Err(rejected("the field would have no name".to_owned()));
            }
            Some(field) if self.lenient => FieldChoice::Preferably(Some(field)),
            Some(field) => FieldChoice::Exactly(field),
            None => FieldChoice::Preferably(None),
        };
        Ok(FieldPlace { path, field })
    }

    /// The address of a secret: `mount/path`, and `#field` if the settings name one. In a path before a field, `#` and `%` are
    /// percent-encoded, so that two places have two addresses.
    ///
    /// # Errors
    /// As [`Self::place`].
    pub(crate) fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        let FieldPlace { path, field } = self.place(secret)?;
        let mount = &self.mount;
        Ok(SecretAddress::new(match field {
            FieldChoice::Exactly(field) | FieldChoice::Preferably(Some(field)) => {
                let path = path.replace('%', "%25").replace('#', "%23");
                format!("{mount}/{path}#{field}")
            }
            FieldChoice::Preferably(None) => format!("{mount}/{path}"),
        }))
    }

    /// The list that has the names; `None` if there is more than one.
    pub(crate) fn listing(&self) -> Option<Listing<'_>> {
        if let (Some(path), Some(field)) = (self.path.constant(), &self.field) {
            return Some(Listing::Fields { path, start: field.before_last_name()? });
        }
        let start = self.path.before_last_name()?;
        let (folder, start) = start.split_at(start.rfind('/').map_or(0, |slash| slash + 1));
        Some(Listing::Folder { folder, start })
    }
}

/// Whether a text can be a path in Vault as it stands: what a URL would drop or Vault would read as another path is refused.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("it is empty");
    }
    if path.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    for part in path.split('/') {
        match part {
            "" => return Err("it has an empty part between slashes"),
            "." | ".." => return Err("it has a part `.` or `..`"),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
