//! From the name of a secret to its place in Secret Manager, and from a name there to secrets.

use std::collections::BTreeMap;
use std::fmt;

use deployer_core::model::SecretName;
use deployer_core::naming::{NamingWay, Parts, PlaceTemplate};
use deployer_core::traits::WantedSecret;
use deployer_core::{Error, Kind, Result};

/// A secret of Secret Manager, its version, and a member of its value: `name/version#member`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The ID of the secret.
    pub(crate) name: String,
    /// A number, an alias or `latest`.
    pub(crate) version: String,
    /// The member of the JSON object that the value is; the whole value when there is none.
    pub(crate) field: Option<String>,
}

impl Place {
    /// Reads `name`, `name/version`, and either with `#member`.
    fn parse(text: &str, version: &str) -> Result<Self, &'static str> {
        let (secret, field) = match text.split_once('#') {
            Some((_, "")) => return Err("there is no member behind `#`"),
            Some((secret, field)) => (secret, Some(field.to_owned())),
            None => (text, None),
        };
        let (name, version) = secret.split_once('/').unwrap_or((secret, version));
        check_name(name)?;
        check_version(version)?;
        Ok(Self { name: name.to_owned(), version: version.to_owned(), field })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.version != "latest" {
            write!(f, "/{}", self.version)?;
        }
        match &self.field {
            Some(field) => write!(f, "#{field}"),
            None => Ok(()),
        }
    }
}

/// The places of a store's secrets.
#[derive(Debug)]
pub(crate) struct Naming {
    secret: PlaceTemplate,
    field: Option<PlaceTemplate>,
    version: String,
    /// Places that the settings name one by one.
    table: BTreeMap<String, Place>,
}

/// The parts of the settings that name secrets.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub(crate) way: &'a NamingWay,
    pub(crate) parts: Parts<'a>,
    pub(crate) version: &'a str,
    pub(crate) table: &'a BTreeMap<String, String>,
}

impl Naming {
    /// # Errors
    /// `Settings`, with all problems, when prefix, path, field, template, version or a place of the table cannot be used.
    pub(crate) fn new(given: &Given<'_>) -> Result<Self> {
        let mut problems = Vec::new();
        let mut refuse = |setting: &str, cause: &str| {
            problems
                .push(Error::new(Kind::Settings, format!("`{setting}` cannot be used")).with_cause(cause));
        };
        // In a bundle the prefix is one of members, in which anything may stand.
        if *given.way != NamingWay::Bundle
            && let Err(cause) = check_part(given.parts.prefix)
        {
            refuse("prefix", cause);
        }
        if let Err(cause) = check_version(given.version) {
            refuse("version", cause);
        }
        let mut table = BTreeMap::new();
        for (name, text) in given.table {
            match Place::parse(text, given.version) {
                Ok(place) => drop(table.insert(name.clone(), place)),
                Err(cause) => refuse(&format!("table.{name}"), cause),
            }
        }
        match given.way.templates(given.parts, check_name) {
            Ok((secret, field)) if problems.is_empty() => {
                Ok(Self { secret, field, version: given.version.to_owned(), table })
            }
            made => {
                problems.extend(made.err().into_iter().flatten());
                Err(Error::together(Kind::Settings, "the places of secrets cannot be used", problems))
            }
        }
    }

    /// The start of all names, for messages.
    pub(crate) fn shown(&self) -> &str {
        self.secret.start()
    }

    /// The place of a secret.
    ///
    /// # Errors
    /// `Verification` when Secret Manager can have no secret of that name.
    pub(crate) fn place(&self, wanted: &WantedSecret) -> Result<Place> {
        if let Some(place) = self.table.get(wanted.name.as_str()) {
            return Ok(place.clone());
        }
        let name = self.secret.fill(wanted);
        let field = self.field.as_ref().map(|field| field.fill(wanted));
        let refused = |cause: String| {
            let secret = wanted.name.as_str();
            Error::new(Kind::Verification, format!("Secret Manager can't have a secret named {secret:?}"))
                .with_cause(cause)
                .with_hint("name its place in the store's `table`")
        };
        if let Err(cause) = check_name(&name) {
            return Err(refused(format!("the name {name:?} is invalid: {cause}")));
        }
        if field.as_deref() == Some("") {
            return Err(refused("the member would have no name".to_owned()));
        }
        Ok(Place { name, version: self.version.clone(), field })
    }

    /// The secret whose members are the secrets; none where each has a secret of its own.
    pub(crate) fn bundle(&self) -> Option<Place> {
        self.field.as_ref()?;
        let name = self.secret.constant()?.to_owned();
        Some(Place { name, version: self.version.clone(), field: None })
    }

    /// The secret that a member of the bundle is.
    pub(crate) fn name_of_member(&self, member: &str) -> Option<SecretName> {
        self.field.as_ref()?.name_in(member).map(SecretName::new)
    }

    /// The secrets at a name of Secret Manager.
    pub(crate) fn names_of(&self, name: &str) -> Vec<SecretName> {
        let in_table = self.table.iter().filter(|(_, place)| place.name == name);
        let mut names: Vec<_> = in_table.map(|(name, _)| SecretName::new(name.as_str())).collect();
        names.extend(self.secret.name_in(name).map(SecretName::new));
        names
    }
}

/// Whether Secret Manager can have a secret of this ID
/// (<https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create>).
fn check_name(name: &str) -> Result<(), &'static str> {
    match name.len() {
        0 => Err("it is empty"),
        1..=255 => check_part(name),
        _ => Err("it is longer than 255 characters"),
    }
}

/// Whether all characters can stand in a name.
fn check_part(text: &str) -> Result<(), &'static str> {
    if text.chars().all(is_plain) {
        Ok(())
    } else {
        Err("names in Secret Manager have the letters a to z, digits, `-` and `_`, and no other characters")
    }
}

fn check_version(version: &str) -> Result<(), &'static str> {
    if (1..=63).contains(&version.len()) && version.chars().all(is_plain) {
        Ok(())
    } else {
        Err("a version is a number, an alias of up to 63 letters, digits, `-` and `_`, or `latest`")
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use deployer_core::model::NodeName;

    use super::*;

    fn naming(way: NamingWay, version: &str, table: &[(&str, &str)]) -> Result<Naming> {
        let path = (way == NamingWay::Bundle).then_some("all");
        let table = table.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect();
        let parts = Parts { prefix: "s-", path, field: None, environment: "test" };
        Naming::new(&Given { way: &way, parts, version, table: &table })
    }

    fn address(naming: &Naming, name: &str) -> Result<String> {
        let wanted = WantedSecret::new(SecretName::new(name), NodeName::master());
        naming.place(&wanted).map(|place| place.to_string())
    }

    #[test]
    fn names_are_taken_as_they_are_or_rejected_with_the_next_step() {
        let naming = naming(NamingWay::Field, "latest", &[]).unwrap();
        assert_eq!(address(&naming, "Db_1").unwrap(), "s-Db_1");
        for name in ["a.b", "a b", "ø", "a/b", "a#b", "..", &"x".repeat(254)] {
            let error = address(&naming, name).unwrap_err();
            assert_eq!(error.kind(), Kind::Verification, "{name:?}");
            assert!(format!("{error:?}").contains("`table`"), "{error:?}");
        }
    }

    #[test]
    fn a_version_is_a_number_or_an_alias_and_the_table_takes_precedence() {
        let table = [("old", "db/3"), ("alias", "db/in-use"), ("member", "db#user.name"), ("plain", "other")];
        let naming = naming(NamingWay::Field, "prod", &table).unwrap();
        for (name, expected) in [
            ("db", "s-db/prod"),
            ("old", "db/3"),
            ("alias", "db/in-use"),
            ("member", "db/prod#user.name"),
            ("plain", "other/prod"),
        ] {
            assert_eq!(address(&naming, name).unwrap(), expected);
        }
        assert_eq!(naming.names_of("db"), ["alias", "member", "old"].map(SecretName::new));
        assert_eq!(naming.names_of("s-x"), [SecretName::new("x")]);
    }

    #[test]
    fn all_invalid_places_are_reported_by_their_settings() {
        let table = [("a", "a.b"), ("b", "a/"), ("c", "a/b/c"), ("d", "a#"), ("e", "")];
        let error = naming(NamingWay::Field, "1.2", &table).unwrap_err();
        let shown = format!("{error:?}");
        for setting in ["`version`", "`table.a`", "`table.b`", "`table.c`", "`table.d`", "`table.e`"] {
            assert!(shown.contains(setting), "{setting}: {shown}");
        }
    }

    #[test]
    fn members_of_a_bundle_can_have_any_name() {
        let naming = naming(NamingWay::Bundle, "latest", &[]).unwrap();
        assert_eq!(address(&naming, "a.b/c#d").unwrap(), "all#s-a.b/c#d");
        assert_eq!(naming.bundle().map(|place| place.to_string()), Some("all".to_owned()));
        assert_eq!(naming.name_of_member("s-x"), Some(SecretName::new("x")));
    }
}
