//! The credentials for a git host.

use std::path::PathBuf;

use deployer_core::{Error, Kind, Result, SecretValue};

use crate::url::RepositoryUrl;

/// The credentials for a git host. None are needed for public repositories, for folders of this machine, and for SSH with the user's own
/// agent or keys.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// HTTPS: the user name for the token. Most hosts accept any name.
    pub username: Option<String>,
    /// HTTPS: the token, sent as the password of basic authentication.
    pub token: Option<SecretValue>,
    /// SSH: a private key without a passphrase, in OpenSSH's format.
    pub ssh_key: Option<SecretValue>,
    /// SSH: the file of known host keys; `None` for the user's own.
    pub known_hosts: Option<PathBuf>,
    /// SSH: whether the key of a host that no file of host keys names is accepted and added. A changed key is always refused.
    pub accept_new_host_keys: bool,
}

impl Access {
    /// The default user name for a token: GitHub's convention, accepted by hosts that accept any name.
    pub const USERNAME: &'static str = "x-access-token";

    /// The user name for the token.
    pub(crate) fn username(&self) -> &str {
        self.username.as_deref().unwrap_or(Self::USERNAME)
    }

    /// Refuses credentials that the address does not use, because they would protect nothing, and tokens over unencrypted HTTP.
    pub(crate) fn check(&self, url: &RepositoryUrl) -> Result<()> {
        let over_http = matches!(url, RepositoryUrl::Http(_));
        let over_ssh = matches!(url, RepositoryUrl::Ssh(_));
        let of_no_use = [
            ("username", self.username.is_some() && !over_http),
            ("token", self.token.is_some() && !over_http),
            ("ssh_key", self.ssh_key.is_some() && !over_ssh),
            ("known_hosts", self.known_hosts.is_some() && !over_ssh),
            ("accept_new_host_keys", self.accept_new_host_keys && !over_ssh),
        ];
        if let Some((name, _)) = of_no_use.iter().find(|(_, no_use)| *no_use) {
            return Err(Error::new(Kind::Settings, format!("`{name}` is not used for the repository {url}"))
                .with_hint(
                    "`username` and `token` are for https://, `ssh_key`, `known_hosts` and `accept_new_host_keys` for ssh://",
                ));
        }
        if self.token.is_some() && !url.is_encrypted_http() {
            return Err(Error::new(Kind::Settings, format!("a token is not sent unencrypted to {url}"))
                .with_hint("use https://, with `http.ca_file` for a certificate of your own"));
        }
        if self
            .username
            .as_deref()
            .is_some_and(|name| name.contains(':') || name.chars().any(char::is_control))
        {
            return Err(Error::new(
                Kind::Settings,
                "`username` must not contain a colon or control characters",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(url: &str, access: &Access) -> Option<Kind> {
        let url = RepositoryUrl::parse(url, false).expect("the address is good");
        access.check(&url).err().map(|error| error.kind())
    }

    #[test]
    fn a_credential_goes_only_where_it_is_protected_and_used() {
        let token = Access { token: Some(SecretValue::new("t")), ..Access::default() };
        let key = Access { ssh_key: Some(SecretValue::new("k")), ..Access::default() };
        assert_eq!(kind("https://host/a", &token), None);
        assert_eq!(kind("git@host:a", &key), None);
        assert_eq!(kind("http://127.0.0.1/a", &Access::default()), None);
        assert_eq!(kind("http://127.0.0.1/a", &token), Some(Kind::Settings));
        assert_eq!(kind("git@host:a", &token), Some(Kind::Settings));
        assert_eq!(kind("/srv/a", &token), Some(Kind::Settings));
        assert_eq!(kind("https://host/a", &key), Some(Kind::Settings));
    }
}
