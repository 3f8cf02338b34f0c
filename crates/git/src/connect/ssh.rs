//! The call of the `ssh` program without any question to its user.

use std::path::Path;

use deployer_core::Result;
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::{key_file, process};
use crate::endpoint::Endpoint;
use crate::purpose::Purpose;
use crate::url::SshUrl;

/// The command, and the file of the key it uses.
pub(super) fn command(
    endpoint: &Endpoint,
    url: &SshUrl,
    purpose: Purpose,
) -> Result<(Command, Option<NamedTempFile>)> {
    let key = endpoint.access.ssh_key.as_ref().map(key_file::write).transpose()?;
    let mut command = process::command("ssh", &endpoint.environment, purpose);
    command.args(arguments(endpoint, url, purpose, key.as_ref().map(NamedTempFile::path)));
    Ok((command, key))
}

/// `BatchMode` turns questions off. Unless the settings accept new hosts, an unknown host is refused, because nobody can confirm it.
fn arguments(endpoint: &Endpoint, url: &SshUrl, purpose: Purpose, key: Option<&Path>) -> Vec<String> {
    let mut arguments = vec!["-T".to_owned()];
    let mut option = |text: String| arguments.extend(["-o".to_owned(), text]);
    option("BatchMode=yes".to_owned());
    let checking = if endpoint.access.accept_new_host_keys { "accept-new" } else { "yes" };
    option(format!("StrictHostKeyChecking={checking}"));
    option(format!("ConnectTimeout={}", endpoint.connect_timeout.as_secs().max(1)));
    option("LogLevel=ERROR".to_owned());
    if let Some(file) = &endpoint.access.known_hosts {
        option(format!("UserKnownHostsFile={}", quoted(&endpoint.folder.join(file))));
    }
    if let Some(file) = key {
        option(format!("IdentityFile={}", quoted(file)));
        option("IdentitiesOnly=yes".to_owned());
        option("IdentityAgent=none".to_owned());
    }
    if purpose == Purpose::Read {
        option("SendEnv=GIT_PROTOCOL".to_owned());
    }
    if let Some(port) = url.port {
        arguments.extend(["-p".to_owned(), port.to_string()]);
    }
    if let Some(user) = &url.user {
        arguments.extend(["-l".to_owned(), user.clone()]);
    }
    let path = url.path.replace('\'', r"'\''");
    arguments.extend(["--".to_owned(), url.host.clone(), format!("{} '{path}'", purpose.service().as_str())]);
    arguments
}

/// A path as `ssh` reads it in an option: quoted for blanks, and `%` doubled, which begins a token there.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}
