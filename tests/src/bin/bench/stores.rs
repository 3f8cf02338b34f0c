//! The same secrets from each kind of store: what a plan takes follows from how many requests have to wait for one another.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use deployer_testkit::azure::FakeKeyVault;
use deployer_testkit::server::Server;
use deployer_testkit::services::forward;
use deployer_testkit::services::moto::Moto;
use deployer_testkit::vault::{FakeVault, KvVersion};
use deployer_testkit::world::World;
use deployer_tests::generate::{self, Size};
use serde_json::{Map, Value, json};

use crate::process::{Cost, PROGRAM, ROLE};
use crate::table::{mebibytes, median, number};
use crate::{LIMIT, ROUND_TRIP};

const SECRETS: usize = 500;
/// A credential of every login; it protects nothing but servers of this process.
const CREDENTIAL: &str = "credential-of-the-benchmark";
const APPLICATION: &str = "c1ie0000-0000-4000-8000-000000000001";

/// A store that has every secret.
struct Store {
    name: &'static str,
    /// Its section of the settings file.
    settings: String,
    variables: Vec<(String, String)>,
    server: Option<Server>,
    /// What stands behind the server.
    _moto: Option<Moto>,
}

impl Store {
    fn new(name: &'static str, settings: impl Into<String>) -> Self {
        Self { name, settings: settings.into(), variables: Vec::new(), server: None, _moto: None }
    }

    fn served(mut self, server: Server) -> Self {
        server.faults().round_trip(ROUND_TRIP);
        self.server = Some(server);
        self
    }

    fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }
}

fn names() -> impl Iterator<Item = String> {
    (0..SECRETS).map(generate::secret)
}

fn value(name: &str) -> String {
    format!("value of {name}")
}

fn vault(name: &'static str, naming: &str) -> Store {
    let vault = FakeVault::new();
    vault.mount("secret", KvVersion::Two);
    vault.github_user(CREDENTIAL);
    for name in names() {
        vault.put("secret", &name, json!({ "value": value(&name) }));
    }
    let bundle: Map<String, Value> = names().map(|name| (name.clone(), value(&name).into())).collect();
    vault.put("secret", "bundle", Value::Object(bundle));
    let server = Server::https(vault.router());
    let settings = format!(
        "kind = \"vault\"\naddress = \"{}\"\nmount = \"secret\"\n{naming}\n\
         login = {{ github = {{ token = {{ env = \"CREDENTIAL\" }} }} }}",
        server.url("")
    );
    Store::new(name, settings).served(server).variable("CREDENTIAL", CREDENTIAL)
}

fn azure() -> Store {
    let vault = FakeKeyVault::new();
    vault.application(APPLICATION, CREDENTIAL);
    for name in names() {
        vault.put(&name, &value(&name));
    }
    let server = Server::https(vault.router());
    let settings = format!(
        "kind = \"azure\"\naddress = \"{address}\"\nauthority = \"{address}\"\n[stores.main.login.client_secret]\n\
         tenant = \"{}\"\nclient_id = \"{APPLICATION}\"\nsecret = {{ env = \"CREDENTIAL\" }}",
        FakeKeyVault::TENANT,
        address = server.url(""),
    );
    Store::new("Azure Key Vault", settings).served(server).variable("CREDENTIAL", CREDENTIAL)
}

/// Moto behind a proxy that takes the round trip's time; the error says why moto cannot be had.
fn aws() -> Result<Store, String> {
    let moto = Moto::start()?;
    for name in names() {
        moto.put(&name, &value(&name));
    }
    let server = Server::https(forward(&moto.url()));
    let settings = format!("kind = \"aws\"\nregion = \"eu-west-1\"\nendpoint = \"{}\"", server.url(""));
    let store = Store::new("AWS Secrets Manager (moto)", settings)
        .served(server)
        .variable("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .variable("AWS_SECRET_ACCESS_KEY", CREDENTIAL)
        .variable("AWS_EC2_METADATA_DISABLED", "true");
    Ok(Store { _moto: Some(moto), ..store })
}

fn file(folder: &Path) -> Store {
    let path = folder.join("secrets.json");
    let secrets: Map<String, Value> = names().map(|name| (name.clone(), value(&name).into())).collect();
    std::fs::write(&path, Value::Object(secrets).to_string()).expect("the folder is writable");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("the file is ours");
    Store::new("a file", format!("kind = \"file\"\npath = \"{}\"", path.display()))
}

fn environment() -> Store {
    let store = Store::new("environment variables", "kind = \"environment\"\nprefix = \"SESAM_\"");
    names().fold(store, |store, name| {
        let variable = format!("SESAM_{}", name.replace('-', "_"));
        store.variable(variable, value(&name))
    })
}

/// Prints a table of plans that read every secret, a row for each store.
pub(crate) fn measure(runs: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    println!(
        "\n| {SECRETS} secrets, {} ms a request | requests | longest chain | time, s | peak memory |\n|---|---:|---:|---:|---:|",
        ROUND_TRIP.as_millis()
    );
    runtime.block_on(async {
        let world = World::builder().start();
        let root = world.folder().join("root");
        generate::write(&root, Size { pipes: 10, secrets: SECRETS });
        plans(&world, vault("Vault, one path for each", ""), runs).await;
        plans(&world, vault("Vault, one bundle", "naming = \"bundle\"\npath = \"bundle\""), runs).await;
        plans(&world, azure(), runs).await;
        match aws() {
            Ok(store) => plans(&world, store, runs).await,
            Err(reason) => eprintln!("skipped: AWS Secrets Manager: {reason}"),
        }
        plans(&world, file(world.folder()), runs).await;
        plans(&world, environment(), runs).await;
    });
}

/// Plans with a store some times, and prints its row.
async fn plans(world: &World, store: Store, runs: usize) {
    let executable = std::env::current_exe().expect("a process knows its executable");
    let settings = world.write("settings/deployer.toml", settings(world.folder(), &store.settings));
    let (mut times, mut requests, mut chains, mut peaks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let program = world.program(&executable).env(ROLE, PROGRAM).args(["plan", "--settings"]);
        let mut program = program.arg(&settings);
        for (name, value) in &store.variables {
            program = program.env(name, value);
        }
        if let Some(server) = &store.server {
            server.log().clear();
            program = program.env("SSL_CERT_FILE", server.ca_file().expect("HTTPS has an authority"));
        }
        let began = Instant::now();
        let outcome = program.run(LIMIT).await;
        times.push(began.elapsed().as_secs_f64());
        assert_eq!(outcome.code(), Some(0), "{}: {}", store.name, outcome.stderr());
        let log = store.server.as_ref().map(Server::log);
        requests.push(log.map_or(0, |log| log.entries().len()) as f64);
        chains.push(log.map_or(0, |log| log.longest_chain(|_| true).len()) as f64);
        peaks.push(Cost::of(&outcome.stderr()).peak);
    }
    println!(
        "| {} | {} | {} | {:.2} | {} |",
        store.name,
        number(median(requests)),
        number(median(chains)),
        median(times),
        mebibytes(peaks)
    );
}

/// Settings that put all entities on the master, a folder: nothing but the store is asked.
fn settings(folder: &Path, store: &str) -> String {
    format!(
        "environment = \"{}\"\n\
         [source]\nkind = \"folder\"\npath = \"{}\"\n\
         [configuration]\nsplit = false\n\
         [stores.main]\n{store}\n\
         [nodes.master.target]\nkind = \"folder\"\npath = \"{}\"\n",
        generate::ENVIRONMENT,
        folder.join("root").display(),
        folder.join("deployed").display(),
    )
}
