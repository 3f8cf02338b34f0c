//! Two nodes, and machines that share a bucket and deploy to them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deployer_testkit::server::Server;
use deployer_testkit::services::s3::RealS3;
use deployer_testkit::services::same_host;
use deployer_testkit::world::{Program, World};
use deployer_tests::pair::{Pair, configuration, write_files};
use tokio::sync::Mutex;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
/// Longer than any run takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);
/// `lease_seconds` of all machines.
pub(crate) const LEASE: u64 = 5;
pub(crate) const BUCKET: &str = "state";
const ACCOUNT: (&str, &str) = ("test", "testtest");

/// One contest at a time: a machine without time to renew its lease loses it.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

/// The server of the bucket. `None` if it is not to be had here.
pub(crate) fn bucket(case: &str) -> Option<Arc<RealS3>> {
    let started = RealS3::start(ACCOUNT.0, ACCOUNT.1, &[BUCKET]);
    deployer_testkit::services::or_skip(case, started).map(Arc::new)
}

/// A version of the configuration, by the process that deploys it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// The comment in the configuration.
    pub(crate) name: String,
    /// The token that the process shows to nodes.
    pub(crate) token: String,
    /// The value of the secret.
    pub(crate) secret: String,
}

impl Version {
    pub(crate) fn new(name: String) -> Self {
        Self {
            token: format!("token of {name}").replace(' ', "-"),
            secret: format!("secret of {name}"),
            name,
        }
    }
}

/// Two nodes, and a way to the bucket for each machine.
pub(crate) struct Lane {
    pub(crate) pair: Pair,
    /// The ways to the bucket.
    pub(crate) ways: Vec<Server>,
    s3: Arc<RealS3>,
    prefix: String,
}

impl Lane {
    /// Two nodes without configuration, and this many machines.
    pub(crate) fn new(s3: &Arc<RealS3>, prefix: &str, machines: usize) -> Self {
        let ways = (0..machines).map(|_| Server::http(same_host(s3.url()))).collect();
        Self {
            pair: Pair::start(World::builder().http()),
            ways,
            s3: Arc::clone(s3),
            prefix: prefix.to_owned(),
        }
    }

    /// The folder of the configuration with a name, as it is in this version.
    pub(crate) fn write(&self, folder: &str, version: &str) -> PathBuf {
        let root = self.pair.world.folder().join(folder);
        write_files(&root, &configuration(version));
        root
    }

    /// The program on a machine that reads the configuration from a folder.
    pub(crate) fn on(&self, machine: usize, source: &str, writer: &str, section: &str) -> Program<'_> {
        let settings = format!(
            "{}[source]\nkind = \"folder\"\npath = \"{}\"\n\
             [stores.main]\nkind = \"environment\"\nprefix = \"SECRET_\"\n[secrets]\nfingerprint_key = {{ env = \"FINGERPRINT_KEY\" }}\n\
             [limits]\nlease_seconds = {LEASE}\n\
             [state]\nkind = \"s3\"\nbucket = \"{BUCKET}\"\nprefix = \"{}\"\nendpoint = \"{}\"\n\
             login.access_key = {{ id = {{ env = \"S3_KEY_ID\" }}, secret = {{ env = \"S3_SECRET\" }} }}\n{section}",
            self.pair.settings(),
            self.pair.world.folder().join(source).display(),
            self.prefix,
            self.ways[machine].url(""),
        );
        let home = self.pair.world.folder().join(format!("home-{machine}"));
        std::fs::create_dir_all(&home).expect("the world's folder is writable");
        let file = self.pair.world.write(&format!("settings-{machine}/deployer.toml"), settings);
        let program = self.pair.world.program(PROGRAM).arg("--settings").arg(file).env("NODE_TOKEN", writer);
        let program = program.env("S3_KEY_ID", ACCOUNT.0).env("S3_SECRET", ACCOUNT.1).env("HOME", home);
        program.env("FINGERPRINT_KEY", "0123456789abcdef").env("HOSTNAME", format!("machine-{machine}"))
    }

    /// A deploy of a version, which waits for other runs.
    pub(crate) fn deploy(&self, machine: usize, version: &Version) -> Program<'_> {
        let folder = format!("source-{machine}");
        self.write(&folder, &version.name);
        let program = self.on(machine, &folder, &version.token, "");
        program.env("SECRET_crm_token", &version.secret).args(["deploy", "--json", "--wait", "80s"])
    }

    /// The objects of the bucket whose names begin so.
    pub(crate) fn objects(&self, start: &str) -> BTreeMap<String, Vec<u8>> {
        let mut objects = self.s3.objects(BUCKET, &format!("{}/", self.prefix));
        objects.retain(|name, _| name.starts_with(start));
        objects
    }
}
