//! OpenLDAP's server, from Debian's package `slapd`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::program;
use crate::process::{Daemon, free_port};

/// A directory with one user.
#[derive(Debug)]
pub struct Ldap {
    _daemon: Daemon,
    _folder: TempDir,
    port: u16,
}

impl Ldap {
    /// Below this entry the user lies, as `uid=<name>`.
    pub const USERS: &str = "ou=people,dc=example,dc=org";

    /// Starts it with a user; the error says why that is not possible here.
    pub fn start(user: &str, password: &str) -> Result<Self, String> {
        let slapd = program("slapd", "slapd")?;
        let folder = TempDir::with_prefix("testkit-ldap-").map_err(|error| error.to_string())?;
        let at = |error: std::io::Error| format!("{}: {error}", folder.path().display());
        let configuration = folder.path().join("slapd.conf");
        std::fs::create_dir(folder.path().join("data")).map_err(at)?;
        std::fs::write(&configuration, settings(folder.path())).map_err(at)?;
        fill(&slapd, &configuration, &entries(user, password))?;
        let port = free_port().map_err(at)?;
        let mut command = Command::new(&slapd);
        command.args(["-d", "0", "-h", &format!("ldap://127.0.0.1:{port}"), "-f"]).arg(&configuration);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        Ok(Self { _daemon: daemon, _folder: folder, port })
    }

    /// The value for Vault's `url`.
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }
}

fn settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\npidfile {folder}/pid\nmodulepath /usr/lib/ldap\n\
         moduleload back_mdb\ndatabase mdb\nmaxsize 10485760\nsuffix \"dc=example,dc=org\"\ndirectory {folder}/data\n"
    )
}

fn entries(user: &str, password: &str) -> String {
    format!(
        "dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n\
         dn: {users}\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: uid={user},{users}\nobjectClass: inetOrgPerson\nuid: {user}\ncn: {user}\nsn: {user}\n\
         userPassword: {password}\n",
        users = Ldap::USERS
    )
}

/// Adds entries while the server does not run.
fn fill(slapd: &Path, configuration: &Path, entries: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("slapd cannot add entries: {error}");
    let mut command = Command::new(slapd);
    command.args(["-T", "add", "-f"]).arg(configuration);
    let mut adding = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut input) = adding.stdin.take() {
        input.write_all(entries.as_bytes()).map_err(failed)?;
    }
    let output = adding.wait_with_output().map_err(failed)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("slapd cannot add entries: {}", complaint.trim()))
    }
}
