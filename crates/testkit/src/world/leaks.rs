//! Searching all that came out of a run.

use serde_json::Value;

use super::fakes::World;
use super::program::Outcome;
use crate::canary::Searcher;

impl World {
    /// Where planted secrets show, one line per place: in the output of a run, in files, git objects, all that was
    /// sent to Slack, the node's configuration and variables, and the addresses of requests. Empty when all is well.
    ///
    /// Servers keep their state in memory, so that no file holds a secret legitimately but the exempt ones.
    pub fn leaks(&self, outcome: &Outcome) -> Vec<String> {
        let mut texts: Vec<(String, Vec<u8>)> = vec![
            ("standard output".to_owned(), outcome.stdout.clone()),
            ("standard error".to_owned(), outcome.stderr.clone()),
        ];
        for (index, body) in self.slack().received().into_iter().enumerate() {
            texts.push((format!("request {} to Slack", index + 1), body));
        }
        for entry in self.log().entries() {
            texts.push((format!("address of request {}", entry.sequence), entry.path.into_bytes()));
        }
        let node = self.node().state();
        for group in node.groups() {
            let configuration = Value::Array(node.config(&group)).to_string();
            texts.push(("node: configuration".to_owned(), configuration.into_bytes()));
        }
        let variables = Value::Object(node.env()).to_string();
        texts.push(("node: variables".to_owned(), variables.into_bytes()));

        let searcher = Searcher::new(self.canaries());
        let mut leaks: Vec<String> = Vec::new();
        for (place, text) in &texts {
            leaks.extend(searcher.find(text).into_iter().map(|finding| format!("{place}: {finding}")));
        }
        let files = searcher.find_in_folder(self.folder()).into_iter();
        let files = files.filter(|found| !self.exempt.iter().any(|exempt| found.path.starts_with(exempt)));
        leaks.extend(files.map(|found| found.to_string()));
        leaks
    }

    /// Panics with every place where a planted secret shows.
    pub(super) fn assert_silent(&self, outcome: &Outcome) {
        let leaks = self.leaks(outcome);
        assert!(leaks.is_empty(), "planted secrets show in {} places:\n{}", leaks.len(), leaks.join("\n"));
    }
}
