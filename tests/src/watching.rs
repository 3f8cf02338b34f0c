//! A process that watches a scene, and its pages.

use std::path::Path;
use std::time::Duration;

use deployer_testkit::world::{Outcome, Program, Running, Signal};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::scene::{SLACK_TOKEN, Scene};

/// Longer than any deploy takes.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at the pages.
const LOOK: Duration = Duration::from_millis(50);
/// What the program says before its address.
const ADDRESS: &str = "Status at http://";
/// The token of the pages.
pub const TOKEN: &str = "token-of-the-watch-7d1e";
/// The secret, a body and its signature: the example of GitHub's documentation.
pub const SECRET: &str = "It's a Secret to Everybody";
/// The body.
pub const BODY: &str = "Hello, World!";
/// The signature.
pub const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

/// A process that watches a scene, with its pages.
#[derive(Debug)]
pub struct Watching<'world> {
    /// The process.
    pub running: Running<'world>,
    /// The address of its pages.
    pub address: String,
    /// A client without a token.
    pub client: Client,
}

impl<'world> Watching<'world> {
    /// Starts it with more keys of the section.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start(scene: &'world Scene, executable: impl AsRef<Path>, keys: &str) -> Self {
        Self::start_program(keys, |section| {
            let program = scene.program_with_file(executable, section);
            program.args(["watch", "--state", "root/state"]).env("SLACK_TOKEN", SLACK_TOKEN)
        })
        .await
    }

    /// Starts the program that is made for a section `[watch]` with more keys.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_program(keys: &str, program: impl FnOnce(&str) -> Program<'world>) -> Self {
        let section = format!(
            "[watch]\nlisten = \"127.0.0.1:0\"\ntoken = {{ env = \"WATCH_TOKEN\" }}\n\
             hooks.github = {{ kind = \"github\", secret = {{ env = \"HOOK_SECRET\" }} }}\n{keys}\n"
        );
        let mut running = program(&section).env("WATCH_TOKEN", TOKEN).env("HOOK_SECRET", SECRET).start();
        let line = tokio::time::timeout(LIMIT, running.line_with(ADDRESS)).await.ok().flatten();
        let address = line.as_deref().and_then(|line| line.split_once(ADDRESS)).map(|(_, rest)| rest.trim());
        let address = format!("http://{}", address.expect("it says its address").trim_end_matches('/'));
        let client = Client::builder().no_proxy().timeout(LIMIT).build().expect("a client");
        Self { running, address, client }
    }

    /// The answer of a page to somebody with the token.
    ///
    /// # Errors
    /// If there is none.
    pub async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.client.get(format!("{}{path}", self.address)).bearer_auth(TOKEN).send().await
    }

    /// The status of the answer to a post.
    ///
    /// # Panics
    /// If there is none.
    pub async fn post(&self, path: &str, body: &str, header: (&str, &str)) -> StatusCode {
        let request = self.client.post(format!("{}{path}", self.address)).body(body.to_owned());
        request.header(header.0, header.1).send().await.expect("an answer").status()
    }

    /// Sends the webhook of GitHub.
    ///
    /// # Panics
    /// If it is not accepted.
    pub async fn hook(&self) {
        let status = self.post("/hooks/github", BODY, ("X-Hub-Signature-256", SIGNATURE)).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }

    /// The status, once it is as it should be.
    ///
    /// # Panics
    /// If it is not in time.
    pub async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut looks = tokio::time::interval(LOOK);
        let mut last = Value::Null;
        let reached = tokio::time::timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let Ok(answer) = self.get("/status").await else { continue };
                last = answer.json().await.expect("a document");
                if is_so(&last) {
                    return;
                }
            }
        });
        assert!(reached.await.is_ok(), "{last:#}");
        last
    }

    /// The status in a state, after a number of deploys.
    ///
    /// # Panics
    /// If it is not in time.
    pub async fn state(&self, state: &str, deploys: usize) -> Value {
        self.until(|status| {
            status["state"] == state && status["runs"].as_array().is_some_and(|runs| runs.len() == deploys)
        })
        .await
    }

    /// Ends the process.
    pub async fn end(self, signal: Signal) -> Outcome {
        self.running.signal(signal);
        self.running.wait(LIMIT).await
    }
}
