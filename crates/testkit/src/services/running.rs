//! Servers that keep running between test runs, for people who try things out: started and ended by `cargo xtask services`.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};

use super::RealVault;
use super::azurite::Azurite;
use super::moto::Moto;
use super::s3::RealS3;
use crate::azure::FakeKeyVault;
use crate::provision;
use crate::server::Server;

/// How long ending them may take.
const END: Duration = Duration::from_secs(10);

/// What runs, and what does not.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Running {
    /// The process that holds the servers.
    pid: i32,
    /// The servers, with what it takes to use them.
    pub servers: Vec<(String, Vec<(String, String)>)>,
    /// What cannot be had here, and why.
    pub skipped: Vec<(String, String)>,
}

/// What runs now; none when nothing does.
///
/// # Errors
/// When the folder of the services cannot be determined.
pub fn status() -> Result<Option<Running>, String> {
    let lock = File::create(path("lock")?).map_err(|error| error.to_string())?;
    if lock.try_lock().is_ok() {
        return Ok(None);
    }
    let state = std::fs::read(path("json")?).ok();
    Ok(state.and_then(|state| serde_json::from_slice(&state).ok()))
}

/// Starts what does not run yet, as a process of its own, and waits for it to be ready. `hold` is the command that calls
/// [`hold`].
///
/// # Errors
/// When it does not start.
pub fn up(mut hold: Command) -> Result<Running, String> {
    if let Some(running) = status()? {
        return Ok(running);
    }
    let state = path("json")?;
    let _ = std::fs::remove_file(&state);
    let log = File::create(path("log")?).map_err(|error| error.to_string())?;
    let mut holder = hold
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|error| format!("the servers cannot be started: {error}"))?;
    // The first start builds Vault, so there is no limit but the end of the process.
    loop {
        if state.exists()
            && let Some(running) = status()?
        {
            return Ok(running);
        }
        if let Ok(Some(status)) = holder.try_wait() {
            let told = std::fs::read_to_string(path("log")?).unwrap_or_default();
            return Err(format!("the servers ended at once ({status}): {}", told.trim()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends what runs; whether anything did.
///
/// # Errors
/// When it does not end.
pub fn down() -> Result<bool, String> {
    let Some(running) = status()? else { return Ok(false) };
    let pid = Pid::from_raw(running.pid).ok_or("the process of the servers is not known")?;
    kill_process(pid, Signal::TERM).map_err(|error| format!("the servers cannot be ended: {error}"))?;
    let deadline = Instant::now() + END;
    while status()?.is_some() {
        if Instant::now() > deadline {
            return Err(format!("the servers did not end within {} seconds", END.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

/// Starts the servers and holds them until this process is asked to end.
///
/// # Errors
/// When the state cannot be written, or others are held already.
pub async fn hold() -> Result<(), String> {
    let mut ended = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let lock = File::create(path("lock")?).map_err(|error| error.to_string())?;
    lock.try_lock().map_err(|_| "the servers run already".to_owned())?;
    let mut running = Running { pid: rustix::process::getpid().as_raw_nonzero().get(), ..Running::default() };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let vault = RealVault::start();
    match &vault {
        Ok(vault) => running.servers.push((
            "vault".to_owned(),
            vec![pair("VAULT_ADDR", vault.address()), pair("VAULT_TOKEN", vault.root_token())],
        )),
        Err(reason) => running.skipped.push(pair("vault", reason)),
    }
    let moto = Moto::start();
    match &moto {
        Ok(moto) => running
            .servers
            .push(("moto".to_owned(), vec![pair("AWS_ENDPOINT_URL_SECRETS_MANAGER", &moto.url())])),
        Err(reason) => running.skipped.push(pair("moto", reason)),
    }
    let s3 = RealS3::start("test", "testtest", &["state"]);
    match &s3 {
        Ok(s3) => running.servers.push((
            "s3".to_owned(),
            vec![
                pair("endpoint", s3.url()),
                pair("bucket", "state"),
                pair("AWS_ACCESS_KEY_ID", "test"),
                pair("AWS_SECRET_ACCESS_KEY", "testtest"),
            ],
        )),
        Err(reason) => running.skipped.push(pair("s3", reason)),
    }
    let azurite = Azurite::start(&["state"]).await;
    match &azurite {
        Ok(azurite) => running.servers.push((
            "azurite".to_owned(),
            vec![
                pair("endpoint", &format!("{}/{}", azurite.url(), Azurite::ACCOUNT)),
                pair("account", Azurite::ACCOUNT),
                pair("container", "state"),
                pair("account_key", azurite.key()),
            ],
        )),
        Err(reason) => running.skipped.push(pair("azurite", reason)),
    }
    let key_vault = Server::https(FakeKeyVault::new().router());
    let authority = key_vault.ca_file().map(|file| file.display().to_string()).unwrap_or_default();
    running.servers.push((
        "key-vault".to_owned(),
        vec![pair("address", &key_vault.url("")), pair("SSL_CERT_FILE", &authority)],
    ));
    let state = serde_json::to_vec(&running).map_err(|error| error.to_string())?;
    write(&state)?;
    let _ = ended.recv().await;
    let _ = std::fs::remove_file(path("json")?);
    Ok(())
}

/// Writes the state at once, so that nobody reads half of it.
fn write(state: &[u8]) -> Result<(), String> {
    let at = |error: std::io::Error| error.to_string();
    let draft = path("draft")?;
    File::create(&draft).and_then(|mut file| file.write_all(state)).map_err(at)?;
    std::fs::rename(draft, path("json")?).map_err(at)
}

fn path(kind: &str) -> Result<PathBuf, String> {
    let folder = provision::cache()?.join("services");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    Ok(folder.join(format!("running.{kind}")))
}
