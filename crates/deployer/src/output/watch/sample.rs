//! A deployment whose plan is held, for tests.

use std::time::{Duration, SystemTime};

use deployer_state::Ledger;
use deployer_watch::State;

use crate::watching::{Board, Content, Run};

/// The deployment.
pub(super) fn content() -> Content {
    let mut content = {
        let board = Board::default();
        board.begin("prod <b>", "https://git.example/c.git".to_owned(), Ledger::default());
        board.content()
    };
    content.state = State::Held { plan: "0a1b2c".to_owned() };
    content.why = Some("master: 7 pipes go".to_owned());
    let run = Run {
        at: SystemTime::UNIX_EPOCH,
        revision: "0123abc".to_owned(),
        outcome: "held",
        summary: "Nothing was written.".to_owned(),
        receipt: String::new(),
        error: Some("it removes <much>".to_owned()),
    };
    content.node("master").add("deployed");
    content.node("master").is_drifted = true;
    content.node("nett").add("failed");
    content.add(run, Duration::from_millis(1500));
    content
}
