//! Searching all that came out of a run.

use serde_json::Value;

use super::{Outcome, World};
use crate::slack::Delivery;

impl World {
    /// Where planted secrets show, one line per place: in the output of a run, in files, git objects, Slack
    /// messages and files, the node's configuration and variables, and in the addresses of requests. Empty when all is well.
    ///
    /// Servers keep their state in memory, so that no file holds a secret legitimately but the exempt ones.
    pub fn leaks(&self, outcome: &Outcome) -> Vec<String> {
        let mut texts: Vec<(String, Vec<u8>)> = vec![
            ("standard output".to_owned(), outcome.stdout.clone()),
            ("standard error".to_owned(), outcome.stderr.clone()),
        ];
        for (index, delivery) in self.slack().deliveries().into_iter().enumerate() {
            let number = index + 1;
            match delivery {
                Delivery::Message(message) => {
                    texts.push((
                        format!("Slack message {number}"),
                        message.parameters.to_string().into_bytes(),
                    ));
                }
                Delivery::File(file) => {
                    let about = format!("{} {:?} {:?}", file.name, file.title, file.comment);
                    texts.push((format!("Slack file {number}"), about.into_bytes()));
                    texts.push((format!("content of Slack file {number}"), file.content));
                }
            }
        }
        for entry in self.log().entries() {
            texts.push((format!("address of request {}", entry.sequence), entry.path.into_bytes()));
        }
        let node = self.node().state();
        for group in node.groups() {
            texts.push((
                "node: configuration".to_owned(),
                Value::Array(node.config(&group)).to_string().into_bytes(),
            ));
        }
        texts.push(("node: variables".to_owned(), Value::Object(node.env()).to_string().into_bytes()));

        let mut leaks = Vec::new();
        for canary in self.canaries() {
            for (place, text) in &texts {
                leaks.extend(canary.find(text).into_iter().map(|finding| format!("{place}: {finding}")));
            }
            let files = canary.find_in_folder(self.folder());
            let files = files
                .into_iter()
                .filter(|found| !self.exempt.iter().any(|exempt| found.path.starts_with(exempt)));
            leaks.extend(files.map(|found| found.to_string()));
        }
        leaks
    }

    /// Panics with every place where a planted secret shows.
    pub(super) fn assert_silent(&self, outcome: &Outcome) {
        let leaks = self.leaks(outcome);
        assert!(leaks.is_empty(), "planted secrets show in {} places:\n{}", leaks.len(), leaks.join("\n"));
    }
}
