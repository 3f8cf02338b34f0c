//! From the name of a secret to its place in Vault, and back.

use std::collections::BTreeMap;

use deployer_core::naming::{NamingWay, Parts, Template};
use deployer_core::traits::{Address, Wanted};
use deployer_core::{Error, Kind, Result};

/// Where the secrets of a store lie.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    mount: String,
    shown: String,
    path: Template,
    /// None when the value is chosen among all fields.
    field: Option<Template>,
    /// Whether a secret without the field still has a value: one path per secret, as the field `value` is only a custom there.
    lenient: bool,
    /// Pinned versions by path.
    versions: BTreeMap<String, u64>,
}

/// Which field of a secret is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pick {
    /// This one and no other.
    Exactly(String),
    /// This one where it is there, else `value`, else the only one, else the first.
    Preferably(Option<String>),
}

/// What lists the names of secrets.
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

    /// `mount/path`, and `#field` where the settings name one. In a path before a field, `#` and `%` are percent-encoded.
    pub(crate) fn address(&self, wanted: &Wanted) -> Result<Address> {
        let refused = |cause: String| {
            Error::new(
                Kind::Verification,
                format!("Vault cannot hold a secret named {:?}", wanted.name.as_str()),
            )
            .with_cause(cause)
        };
        let path = self.path.fill(wanted);
        check_path(&path).map_err(|cause| {
            refused(format!("the path {path:?} cannot be used: {cause}"))
                .with_hint("name the secret without empty parts between slashes")
        })?;
        let mount = &self.mount;
        Ok(Address::new(match self.field.as_ref().map(|field| field.fill(wanted)) {
            None => format!("{mount}/{path}"),
            Some(field) if field.is_empty() => {
                return Err(refused("the field would have no name".to_owned()));
            }
            Some(field) => format!("{mount}/{}#{field}", encoded(&path)),
        }))
    }

    /// The path below the mount, and the field, that an address of this store stands for.
    pub(crate) fn place(&self, address: &Address) -> (String, Pick) {
        let text = address.as_str();
        let below = text.strip_prefix(&self.mount).and_then(|path| path.strip_prefix('/')).unwrap_or(text);
        match below.split_once('#') {
            Some((path, field)) if self.field.is_some() => {
                let field = field.to_owned();
                let pick = if self.lenient { Pick::Preferably(Some(field)) } else { Pick::Exactly(field) };
                (decoded(path), pick)
            }
            _ => (below.to_owned(), Pick::Preferably(None)),
        }
    }

    /// What lists the names; none when it would take more than one list.
    pub(crate) fn listing(&self) -> Option<Listing<'_>> {
        if let (Some(path), Some(field)) = (self.path.constant(), &self.field) {
            return Some(Listing::Fields { path, start: field.before_last_name()? });
        }
        let start = self.path.before_last_name()?;
        let (folder, start) = start.split_at(start.rfind('/').map_or(0, |slash| slash + 1));
        Some(Listing::Folder { folder, start })
    }
}

fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace('#', "%23")
}

fn decoded(path: &str) -> String {
    path.replace("%23", "#").replace("%25", "%")
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
