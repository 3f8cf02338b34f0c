//! One configuration, and its secrets in another store in each environment.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use deployer_testkit::azure::FakeKeyVault;
use deployer_testkit::gcp::FakeSecretManager;
use deployer_testkit::kubernetes::FakeKubernetes;
use deployer_testkit::server::Server;
use deployer_testkit::services::moto::Moto;
use deployer_testkit::world::{Outcome, Program};
use deployer_tests::scene::{SECRETS, Scene};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deployer-under-test");
const LIMIT: Duration = Duration::from_secs(60);
const APPLICATION: &str = "c1ie0000-0000-4000-8000-000000000001";
const APPLICATION_SECRET: &str = "application-secret-0001";
const KUBE_TOKEN: &str = "kubernetes-token-0001";

/// The stores beside Vault, each with every secret of the demo configuration but those that are left out.
struct Stores {
    scene: Scene,
    moto: Moto,
    vault: Server,
    google: Server,
    google_key: String,
    kubernetes: Server,
    left_out: &'static str,
}

impl Stores {
    /// Starts them; the error says why moto cannot be had.
    fn start(left_out: &'static str) -> Result<Self, String> {
        let moto = Moto::start()?;
        let key_vault = FakeKeyVault::new();
        key_vault.application(APPLICATION, APPLICATION_SECRET);
        let (manager, cluster) = (FakeSecretManager::new(), FakeKubernetes::new());
        let (google, kubernetes) = (Server::https(manager.router()), Server::https(cluster.router()));
        let google_key =
            manager.service_account("deployer@team-test.iam.gserviceaccount.com", &google.url(""));
        cluster.token(KUBE_TOKEN);
        let scene = Scene::new();
        let kept = || SECRETS.into_iter().filter(|name| *name != left_out);
        for name in kept() {
            moto.put(name, &value(name));
            key_vault.put(name, &value(name));
            manager.put(name, &value(name));
            cluster.put("sesam", "sesam-secrets", name, value(name));
        }
        let file: serde_json::Map<String, Value> =
            kept().map(|name| (name.to_owned(), value(name).into())).collect();
        let path = scene.world.write("secrets.json", Value::Object(file).to_string());
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("the file is ours");
        if !left_out.is_empty() {
            scene.world.vault().delete(deployer_tests::scene::MOUNT, left_out);
        }
        let vault = Server::https(key_vault.router());
        Ok(Self { scene, moto, vault, google, google_key, kubernetes, left_out })
    }

    /// The program for an environment.
    fn program(&self, environment: &str) -> Program<'_> {
        let file = self.scene.world.folder().join("secrets.json");
        let azure = self.vault.url("");
        let ca_file =
            |server: &Server| server.ca_file().expect("HTTPS has an authority").display().to_string();
        let more = format!(
            "[environments.file.stores.vault]\nkind = \"file\"\npath = \"{}\"\n\
             [environments.variables.stores.vault]\nkind = \"environment\"\nprefix = \"SESAM_\"\n\
             [environments.aws.stores.vault]\nkind = \"aws\"\nregion = \"eu-west-1\"\nendpoint = \"{}\"\n\
             [environments.azure.stores.vault]\nkind = \"azure\"\naddress = \"{azure}\"\nauthority = \"{azure}\"\n\
             http = {{ ca_file = \"{}\" }}\n\
             login = {{ client_secret = {{ tenant = \"{}\", client_id = \"{APPLICATION}\", secret = {{ env = \"APPLICATION_SECRET\" }} }} }}\n\
             [environments.gcp.stores.vault]\nkind = \"gcp\"\nproject = \"{}\"\naddress = \"{}\"\n\
             http = {{ ca_file = \"{}\" }}\nlogin = {{ service_account_key = {{ env = \"GOOGLE_KEY\" }} }}\n\
             [environments.kubernetes.stores.vault]\nkind = \"kubernetes\"\nnamespace = \"sesam\"\nnaming = \"bundle\"\n\
             path = \"sesam-secrets\"\nhttp = {{ ca_file = \"{}\" }}\n\
             login = {{ token = {{ address = \"{}\", token = {{ env = \"KUBE_TOKEN\" }} }} }}\n",
            file.display(),
            self.moto.url(),
            ca_file(&self.vault),
            FakeKeyVault::TENANT,
            FakeSecretManager::PROJECT,
            self.google.url(""),
            ca_file(&self.google),
            ca_file(&self.kubernetes),
            self.kubernetes.url(""),
        );
        let layout =
            "whitelist = \"deployment/whitelist-test.txt\"\nvariables = \"variables/variables-test.json\"";
        let layouts = ENVIRONMENTS.map(|name| format!("[environments.{name}.configuration]\n{layout}\n"));
        let more = more + &layouts.concat();
        let program = self.scene.program_with_file(PROGRAM, &more).args(["--environment", environment]);
        let program =
            SECRETS.into_iter().filter(|name| *name != self.left_out).fold(program, |program, name| {
                program.env(format!("SESAM_{}", name.replace('-', "_")), value(name))
            });
        program
            .env("APPLICATION_SECRET", APPLICATION_SECRET)
            .env("GOOGLE_KEY", &self.google_key)
            .env("KUBE_TOKEN", KUBE_TOKEN)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-EXAMPLEKEY")
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    async fn run(&self, environment: &str, arguments: &[&str], code: i32) -> Outcome {
        let outcome = self.program(environment).args(arguments).run(LIMIT).await;
        let said = || format!("{environment} {arguments:?}\n{}\n{}", outcome.stdout(), outcome.stderr());
        assert_eq!(outcome.code(), Some(code), "{}", said());
        outcome
    }
}

fn value(name: &str) -> String {
    format!("value of {name}")
}

/// Environments, each with another kind of store.
const ENVIRONMENTS: [&str; 7] = ["vault", "file", "variables", "aws", "azure", "gcp", "kubernetes"];

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_is_the_same_whichever_store_the_environment_reads() {
    let stores = match Stores::start("") {
        Ok(stores) => stores,
        Err(reason) => return deployer_testkit::skip_or_fail("seven environments", &reason),
    };
    let mut plans = Vec::new();
    for environment in ENVIRONMENTS {
        let text = stores.run(environment, &["plan", "--json"], 0).await.stdout();
        plans.push(text.replace(&format!("\"environment\": \"{environment}\""), "\"environment\": \"same\""));
        let found = stores.run(environment, &["check", "--resolve", "--json"], 0).await.stdout();
        let found: Value = serde_json::from_str(&found).expect("JSON");
        let found = found["found_secrets"].as_array().expect("a list");
        assert_eq!(found.len(), 9, "{environment}: one secret is named by two nodes");
        assert!(
            found.iter().all(|secret| secret["store"] == "vault" && secret["address"].is_string()),
            "{found:?}"
        );
    }
    plans.windows(2).for_each(|pair| assert_eq!(pair[0], pair[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_told_alike_by_every_store() {
    let stores = match Stores::start("crm-token") {
        Ok(stores) => stores,
        Err(reason) => return deployer_testkit::skip_or_fail("a missing secret in seven stores", &reason),
    };
    for environment in ENVIRONMENTS {
        let said = stores.run(environment, &["check", "--resolve"], 3).await.stderr();
        for part in ["secret \"crm-token\" is not defined", "systems/crm.conf.json:6:30", "looked in: "] {
            assert!(said.contains(part), "{environment}: {part}\n{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_three_stores_asks_each_secret_of_the_first_that_has_it() {
    let stores = match Stores::start("crm-token") {
        Ok(stores) => stores,
        Err(reason) => return deployer_testkit::skip_or_fail("a chain of three stores", &reason),
    };
    let scene = &stores.scene;
    scene.world.vault().put(
        deployer_tests::scene::MOUNT,
        "crm-token",
        serde_json::json!({ "value": "from Vault" }),
    );
    let path = scene.world.write("first.json", r#"{"arkiv-password": "from the file"}"#);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("the file is ours");
    let chain = "secrets = [\"first\", \"second\", \"vault\"]\n";
    let sections =
        ["master", "nett", "marked"].map(|node| format!("[environments.chain.nodes.{node}]\n{chain}"));
    let more = format!(
        "[environments.chain.configuration]\nwhitelist = \"deployment/whitelist-test.txt\"\n\
         variables = \"variables/variables-test.json\"\n\
         [environments.chain.stores.first]\nkind = \"file\"\npath = \"{}\"\n\
         [environments.chain.stores.second]\nkind = \"aws\"\nregion = \"eu-west-1\"\nendpoint = \"{}\"\n{}",
        path.display(),
        stores.moto.url(),
        sections.concat(),
    );
    let program = || {
        let program = scene.program_with_file(PROGRAM, &more).args(["--environment", "chain"]);
        let keys =
            [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-EXAMPLEKEY")];
        keys.into_iter().fold(program, |program, (name, value)| program.env(name, value))
    };
    let found = program().args(["check", "--resolve", "--json"]).run(LIMIT).await;
    let found: Value = serde_json::from_str(&found.stdout()).unwrap_or_else(|_| panic!("{}", found.stderr()));
    let store = |name: &str| {
        let secrets = found["found_secrets"].as_array().expect("a list").iter();
        let stores =
            secrets.filter(|secret| secret["name"] == name).map(|secret| secret["store"].to_string());
        stores.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(store("arkiv-password"), "\"first\"");
    assert_eq!(store("nett-jwt"), "\"second\"");
    assert_eq!(store("crm-token"), "\"vault\"");

    scene.world.vault().seal(true);
    let sealed = program().args(["check", "--resolve"]).run(LIMIT).await;
    let said = sealed.stderr();
    assert!(
        said.contains("sealed") && !said.contains("does not exist"),
        "a store that is down is not one without it: {said}"
    );
}
