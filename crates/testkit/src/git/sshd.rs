//! OpenSSH's server as an ordinary process, for git over SSH.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::repository::Repository;
use crate::process::{Daemon, free_port};

/// Where Debian and most others keep the server, which must be started by its full path.
const PROGRAM: &str = "/usr/sbin/sshd";

/// A running server that lets the current user in by one key. Dropping it ends it.
#[derive(Debug)]
pub struct Sshd {
    _daemon: Daemon,
    folder: TempDir,
    user: String,
    port: u16,
}

impl Sshd {
    /// Starts a server on loopback; the error says why that is not possible here.
    pub fn start() -> Result<Self, String> {
        if !Path::new(PROGRAM).exists() {
            return Err(format!("{PROGRAM} is not installed (Debian package openssh-server)"));
        }
        let user = output(Command::new("id").arg("-un"))?;
        if user == "root" {
            // The server's own precondition when it runs as root.
            std::fs::create_dir_all("/run/sshd").map_err(|error| format!("/run/sshd: {error}"))?;
        }
        let folder = TempDir::with_prefix("testkit-sshd-").map_err(|error| error.to_string())?;
        let server = Self::prepare(folder.path())?;
        let port = free_port().map_err(|error| error.to_string())?;
        let known = format!("[127.0.0.1]:{port} {}", server.trim());
        write(&folder.path().join("known_hosts"), &known)?;

        let mut command = Command::new(PROGRAM);
        command
            .args(["-D", "-e", "-f"])
            .arg(folder.path().join("sshd_config"))
            .args(["-p", &port.to_string()]);
        let daemon = Daemon::start(command, port, &folder.path().join("log"))?;
        Ok(Self { _daemon: daemon, folder, user, port })
    }

    /// Makes both keys and the settings; returns the server's public key.
    fn prepare(folder: &Path) -> Result<String, String> {
        for name in ["host_key", "client_key"] {
            let key = folder.join(name);
            output(
                Command::new("ssh-keygen")
                    .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
                    .arg(&key),
            )?;
        }
        let client = read(&folder.join("client_key.pub"))?;
        write(&folder.join("authorized_keys"), &client)?;
        let at = folder.display();
        let settings = format!(
            "ListenAddress 127.0.0.1\nHostKey {at}/host_key\nAuthorizedKeysFile {at}/authorized_keys\n\
             PidFile {at}/pid\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nAcceptEnv GIT_PROTOCOL\n"
        );
        write(&folder.join("sshd_config"), &settings)?;
        read(&folder.join("host_key.pub"))
    }

    /// The `ssh://` address of a repository.
    pub fn url(&self, repository: &Repository) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, repository.folder().display())
    }

    /// The private key that is let in, without a passphrase.
    pub fn client_key(&self) -> PathBuf {
        self.folder.path().join("client_key")
    }

    /// A `known_hosts` file that holds the server's key.
    pub fn known_hosts(&self) -> PathBuf {
        self.folder.path().join("known_hosts")
    }
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
