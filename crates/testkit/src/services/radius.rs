//! FreeRADIUS, from Debian's package `freeradius`.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::program;

/// How long it may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// A server with one user. Dropping it ends it.
#[derive(Debug)]
pub struct Radius {
    process: Child,
    _folder: TempDir,
    port: u16,
}

impl Radius {
    /// The secret that it shares with the servers that ask it.
    pub const SHARED_SECRET: &str = "testkit-shared-secret";

    /// Starts it with a user; the error says why that is not possible here.
    pub fn start(user: &str, password: &str) -> Result<Self, String> {
        let server = program("freeradius", "freeradius")?;
        let folder = TempDir::with_prefix("testkit-radius-").map_err(|error| error.to_string())?;
        let at = |error: std::io::Error| format!("{}: {error}", folder.path().display());
        let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr())
            .map_err(at)?
            .port();
        std::fs::write(folder.path().join("radiusd.conf"), settings(folder.path(), port)).map_err(at)?;
        let users = format!("{user} Cleartext-Password := \"{password}\"\n");
        std::fs::write(folder.path().join("users"), users).map_err(at)?;
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log).map_err(at)?;
        let errors = output.try_clone().map_err(at)?;
        let mut command = Command::new(server);
        command.args(["-f", "-l", "stdout", "-n", "radiusd", "-d"]).arg(folder.path());
        let process = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn().map_err(at)?;
        let mut radius = Self { process, _folder: folder, port };
        radius.wait(&log)?;
        Ok(radius)
    }

    /// The port on loopback that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the word that says it is ready: a datagram socket cannot be asked.
    fn wait(&mut self, log: &Path) -> Result<(), String> {
        let deadline = Instant::now() + START;
        loop {
            let told = std::fs::read_to_string(log).unwrap_or_default();
            if told.contains("Ready to process requests") {
                return Ok(());
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("freeradius ended at once ({status}): {}", told.trim()));
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "freeradius is not ready after {} seconds: {}",
                    START.as_secs(),
                    told.trim()
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Radius {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn settings(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "raddbdir = {folder}\nlogdir = {folder}\nrun_dir = {folder}\nlibdir = /usr/lib/freeradius\n\
         security {{\n  allow_vulnerable_openssl = yes\n}}\n\
         client vault {{\n  ipaddr = 127.0.0.1\n  secret = {secret}\n}}\n\
         modules {{\n  pap {{\n  }}\n  files {{\n    usersfile = {folder}/users\n  }}\n}}\n\
         server default {{\n  listen {{\n    type = auth\n    ipaddr = 127.0.0.1\n    port = {port}\n  }}\n\
         authorize {{\n    files\n    pap\n  }}\n  authenticate {{\n    Auth-Type PAP {{\n      pap\n    }}\n  }}\n}}\n",
        secret = Radius::SHARED_SECRET
    )
}
