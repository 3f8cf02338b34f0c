//! Reads the variables, with the defaults of github-autodeployer. Values are never shown: any of them can contain a token.

use deployer_core::error::Note;
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind};

use super::repository::Repository;
use crate::settings::is_unencrypted;

/// The node as a microservice in it reaches it: the only address that is used without TLS and without a variable that allows it.
const NODE: &str = "http://sesam-node:9042/api";

/// How the file of an entity ends.
const ENTITY_END: &str = ".conf.json";

/// The hosts whose keys the image has.
const KNOWN_HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "ssh.dev.azure.com"];

/// The values of the variables.
#[derive(Debug)]
pub(super) struct Variables {
    pub(super) node: String,
    pub(super) node_over_http: bool,
    pub(super) repository: Repository,
    pub(super) repository_over_http: bool,
    pub(super) username: Option<String>,
    pub(super) has_key: bool,
    /// A file of host keys: hosts that it does not name are refused.
    pub(super) known_hosts: Option<String>,
    pub(super) reference: String,
    /// Without slashes around it; empty for the root.
    pub(super) root: String,
    /// The id of the system that runs this program.
    pub(super) own: String,
    pub(super) variables: Option<String>,
    pub(super) vault: Option<Vault>,
    pub(super) orchestrator: bool,
    pub(super) interval: u64,
    pub(super) log_level: Option<&'static str>,
    /// The address of the pages.
    pub(super) listen: Option<String>,
    pub(super) has_token: bool,
}

/// The `VAULT_…` variables.
#[derive(Debug)]
pub(super) struct Vault {
    pub(super) address: String,
    pub(super) mount: String,
    pub(super) prefix: Option<String>,
    pub(super) over_http: bool,
}

struct Reader<'v, 'p> {
    variables: &'v ProcessVariables,
    problems: &'p mut Vec<Error>,
    notes: Vec<Note>,
    allow_http: bool,
}

impl Variables {
    /// Reads all variables, and collects what is wrong. `None` only with a problem.
    pub(super) fn read(variables: &ProcessVariables, problems: &mut Vec<Error>) -> Option<(Self, Vec<Note>)> {
        let allow_http = variables.get("ALLOW_HTTP").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let mut reader = Reader { variables, problems, notes: Vec::new(), allow_http };
        reader.required("JWT", "the token of the node, as `$SECRET(jwt)`");
        let node = reader.text("SESAM_API_URL").unwrap_or(NODE).to_owned();
        let is_inside = node.starts_with("http://sesam-node:");
        let node_over_http = is_inside || reader.over_http("SESAM_API_URL", &node);
        let username = reader.text("GIT_USERNAME").map(str::to_owned);
        let address = reader.required("GIT_REPO", "a repository, such as `git@github.com:acme/node.git`");
        let repository = address.map(|text| Repository::read(text, username.is_some()));
        let url = repository.as_ref().map(Repository::url).unwrap_or_default();
        let repository_over_http = reader.over_http("GIT_REPO", url);
        let known_hosts = reader.text("KNOWN_HOSTS_FILE").map(str::to_owned);
        let has_key = reader.credential(repository.as_ref(), username.is_some(), known_hosts.is_some());
        let reference = reader.text("TAG").or(reader.text("BRANCH")).unwrap_or("master").to_owned();
        let root = reader.path("SYNC_ROOT").unwrap_or_default();
        let own = reader.own();
        let variables_file = reader.path("VARIABLES_FILE_PATH").filter(|path| !path.is_empty());
        let vault = reader.vault();
        let read = Self {
            node,
            node_over_http,
            repository: repository?,
            repository_over_http,
            username,
            has_key,
            known_hosts,
            reference,
            root,
            own: own?,
            variables: variables_file,
            vault,
            orchestrator: reader.text("ORCHESTRATOR").is_some(),
            interval: reader.interval(),
            log_level: reader.log_level(),
            listen: reader.text("WATCH_LISTEN").map(str::to_owned),
            has_token: reader.text("WATCH_TOKEN").is_some(),
        };
        Some((read, reader.notes))
    }
}

impl<'v> Reader<'v, '_> {
    /// The text of a variable; one that is empty counts as absent.
    fn text(&self, name: &str) -> Option<&'v str> {
        self.variables.get(name).map(str::trim).filter(|text| !text.is_empty())
    }

    fn required(&mut self, name: &str, expected: &str) -> Option<&'v str> {
        let text = self.text(name);
        if text.is_none() {
            self.problem(format!("{name} is missing: expected {expected}"));
        }
        text
    }

    fn problem(&mut self, message: String) {
        self.problems.push(Error::new(Kind::Settings, message));
    }

    /// Whether HTTP to another machine is allowed for an address. Without `ALLOW_HTTP`, such an address is a problem.
    fn over_http(&mut self, name: &str, address: &str) -> bool {
        if !is_unencrypted(address) {
            return false;
        }
        if !self.allow_http {
            let message = format!("{name} is an http:// address: credentials would be sent in the clear");
            let hint = "use https://, or set ALLOW_HTTP=true";
            self.problems.push(Error::new(Kind::Settings, message).with_hint(hint));
        }
        true
    }

    /// Checks `DEPLOY_TOKEN`. Returns whether it is an SSH key that is used.
    fn credential(&mut self, repository: Option<&Repository>, has_user: bool, has_hosts: bool) -> bool {
        let is_set = self.text("DEPLOY_TOKEN").is_some();
        match repository {
            Some(Repository::Ssh(_)) => {
                self.required("DEPLOY_TOKEN", "a private SSH key without a passphrase");
                let host = repository.and_then(Repository::ssh_host).unwrap_or_default();
                if !has_hosts && !KNOWN_HOSTS.contains(&host) {
                    self.notes.push(Note::warning(format!(
                        "the first host key of {host} is accepted; to require a known one, set KNOWN_HOSTS_FILE to a file of host keys"
                    )));
                }
                is_set
            }
            Some(Repository::Http(_)) if has_user => {
                self.required("DEPLOY_TOKEN", "the access token of GIT_USERNAME");
                false
            }
            Some(Repository::Http(_)) if is_set => {
                let message = "DEPLOY_TOKEN is ignored: without GIT_USERNAME it is an SSH key, and GIT_REPO is an address for HTTPS";
                self.notes.push(Note::warning(message));
                false
            }
            _ => false,
        }
    }

    /// A path below the root of the repository, without slashes around it.
    fn path(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let steps: Vec<&str> = text.split('/').filter(|step| !matches!(*step, "" | ".")).collect();
        if steps.contains(&"..") || text.contains('\\') {
            self.problem(format!("{name} leaves the repository: expected a path such as `/node`"));
            return None;
        }
        Some(steps.join("/"))
    }

    /// The id of the own system.
    fn own(&mut self) -> Option<String> {
        const EXPECTED: &str = "the entity of this microservice, such as `systems/autodeployer.conf.json`";
        let text = self.required("AUTODEPLOYER_PATH", EXPECTED)?;
        let name = text.rsplit('/').next().unwrap_or_default();
        let id = name.strip_suffix(ENTITY_END).filter(|id| !id.is_empty());
        if id.is_none() {
            self.problem(format!("AUTODEPLOYER_PATH names no entity: expected {EXPECTED}"));
        }
        id.map(str::to_owned)
    }

    fn vault(&mut self) -> Option<Vault> {
        let names = ["VAULT_URL", "VAULT_GIT_TOKEN", "VAULT_MOUNTING_POINT"];
        let missing: Vec<&str> = names.into_iter().filter(|name| self.text(name).is_none()).collect();
        if !missing.is_empty() {
            if missing.len() < names.len() {
                let message = format!("secrets are not read from Vault: {} is not set", missing.join(", "));
                self.notes.push(Note::warning(message));
            }
            return None;
        }
        let (address, mount) =
            (self.text("VAULT_URL")?.to_owned(), self.text("VAULT_MOUNTING_POINT")?.to_owned());
        let over_http = self.over_http("VAULT_URL", &address);
        Some(Vault { address, mount, prefix: self.text("VAULT_PATH_PREFIX").map(str::to_owned), over_http })
    }

    fn interval(&mut self) -> u64 {
        const DEFAULT: u64 = 60;
        let Some(text) = self.text("SLEEP_INTERVAL") else { return DEFAULT };
        text.parse().ok().filter(|seconds| *seconds > 0).unwrap_or_else(|| {
            let message = format!("SLEEP_INTERVAL is not a number of seconds from 1; {DEFAULT} is used");
            self.notes.push(Note::warning(message));
            DEFAULT
        })
    }

    /// The log level by Python's names.
    fn log_level(&mut self) -> Option<&'static str> {
        let level = match self.text("LOG_LEVEL")?.to_ascii_uppercase().as_str() {
            "DEBUG" => "debug",
            "INFO" => "info",
            "WARN" | "WARNING" => "warn",
            "ERROR" | "CRITICAL" | "FATAL" => "error",
            _ => {
                let message = "LOG_LEVEL is ignored: expected DEBUG, INFO, WARNING or ERROR";
                self.notes.push(Note::warning(message));
                return None;
            }
        };
        Some(level)
    }
}

#[cfg(test)]
mod tests {
    use super::KNOWN_HOSTS;

    #[test]
    fn the_image_has_the_keys_of_the_known_hosts() {
        let file = include_str!("../../../../images/full/ssh_known_hosts");
        let mut hosts: Vec<&str> = file.lines().filter_map(|line| line.split(' ').next()).collect();
        hosts.dedup();
        assert_eq!(hosts, KNOWN_HOSTS);
    }
}
