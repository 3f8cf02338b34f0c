//! From the name of a secret to its place in Vault, and back.

use deployer_core::traits::{Address, Wanted};
use deployer_core::{Error, Kind, Result};

/// Where the secrets of a store lie.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    mount: String,
    prefix: String,
    field: Option<String>,
}

impl Naming {
    /// # Errors
    /// `Settings` when mount, prefix or field can be no part of a path.
    pub(crate) fn new(mount: &str, prefix: &str, field: Option<String>) -> Result<Self> {
        let refused = |name: &str, cause: &str| {
            Error::new(Kind::Settings, format!("`{name}` cannot be used")).with_cause(cause)
        };
        let mount = mount.trim_matches('/');
        check_path(mount).map_err(|cause| refused("mount", cause))?;
        let prefix = prefix.trim_start_matches('/');
        // With a name behind it: a prefix may end in a slash.
        check_path(&format!("{prefix}x")).map_err(|cause| refused("prefix", cause))?;
        if field.as_deref() == Some("") {
            return Err(refused("field", "it is empty"));
        }
        Ok(Self { mount: mount.to_owned(), prefix: prefix.to_owned(), field })
    }

    pub(crate) fn mount(&self) -> &str {
        &self.mount
    }

    /// The field that the settings name.
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Mount and prefix, for people.
    pub(crate) fn shown(&self) -> String {
        format!("{}/{}", self.mount, self.prefix)
    }

    /// `mount/prefix` with the name, and `#field` where the settings name one.
    pub(crate) fn address(&self, wanted: &Wanted) -> Result<Address> {
        let path = format!("{}{}", self.prefix, wanted.name);
        check_path(&path).map_err(|cause| {
            Error::new(
                Kind::Verification,
                format!("Vault cannot hold a secret named {:?}", wanted.name.as_str()),
            )
            .with_cause(format!("the path {path:?} cannot be used: {cause}"))
            .with_hint("name the secret without empty parts between slashes")
        })?;
        Ok(Address::new(match &self.field {
            None => format!("{}/{path}", self.mount),
            Some(field) => format!("{}/{path}#{field}", self.mount),
        }))
    }

    /// The path below the mount that an address of this store stands for.
    pub(crate) fn path<'a>(&self, address: &'a Address) -> &'a str {
        let text = address.as_str();
        let path = text.strip_prefix(&self.mount).and_then(|path| path.strip_prefix('/')).unwrap_or(text);
        match &self.field {
            None => path,
            Some(field) => path.strip_suffix(field).and_then(|path| path.strip_suffix('#')).unwrap_or(path),
        }
    }

    /// The folder to list, with a slash at its end unless it is the mount itself, and what names in it start with.
    pub(crate) fn folder(&self) -> (&str, &str) {
        self.prefix.split_at(self.prefix.rfind('/').map_or(0, |slash| slash + 1))
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
mod tests {
    use deployer_core::model::{NodeName, SecretName};

    use super::*;

    fn naming(mount: &str, prefix: &str, field: Option<&str>) -> Naming {
        Naming::new(mount, prefix, field.map(str::to_owned)).expect("a naming")
    }

    fn wanted(name: &str) -> Wanted {
        Wanted { name: SecretName::new(name), node: NodeName::master() }
    }

    #[test]
    fn the_prefix_is_put_before_the_name_as_it_is() {
        for (mount, prefix, field, expected) in [
            ("secret", "", None, "secret/db#1"),
            ("/team/kv/", "/sesam/", None, "team/kv/sesam/db#1"),
            ("secret", "prod-", Some("value"), "secret/prod-db#1#value"),
        ] {
            let naming = naming(mount, prefix, field);
            let address = naming.address(&wanted("db#1")).expect("an address");
            assert_eq!(address.as_str(), expected);
            assert_eq!(naming.path(&address), format!("{}db#1", prefix.trim_start_matches('/')));
        }
    }

    #[test]
    fn names_that_would_reach_another_path_are_refused() {
        let naming = naming("secret", "sesam/", None);
        for name in ["", "..", "../other", "a//b", "a/", "/a", "a\tb", "."] {
            let error = naming.address(&wanted(name)).expect_err(name);
            assert_eq!(error.kind(), Kind::Verification, "{name:?}");
        }
        for name in ["a/b", "...", "a b", "%2e%2e", "ø"] {
            assert!(naming.address(&wanted(name)).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn settings_that_can_be_no_path_are_refused_by_name() {
        for (mount, prefix, field, expected) in [
            ("/", "", None, "`mount`"),
            ("a/../b", "", None, "`mount`"),
            ("a", "x//y", None, "`prefix`"),
            ("a", "", Some(""), "`field`"),
        ] {
            let error = Naming::new(mount, prefix, field.map(str::to_owned)).expect_err(expected);
            assert!(error.kind() == Kind::Settings && error.message().contains(expected), "{error}");
        }
    }

    #[test]
    fn the_folder_of_a_prefix_ends_at_its_last_slash() {
        assert_eq!(naming("m", "", None).folder(), ("", ""));
        assert_eq!(naming("m", "prod-", None).folder(), ("", "prod-"));
        assert_eq!(naming("m", "a/b/", None).folder(), ("a/b/", ""));
        assert_eq!(naming("m", "a/prod-", None).folder(), ("a/", "prod-"));
    }
}
