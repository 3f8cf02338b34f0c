//! What tests look for in a run and in what it left.

use deployer_testkit::server::Entry;
use deployer_testkit::world::{Outcome, World};

/// The requests that write: to the node, and pushes to the git host; method and path, without the query.
pub fn writes(world: &World) -> Vec<String> {
    let is_write = |entry: &Entry| {
        let to_node = entry.path.starts_with("/api") && entry.method != "GET";
        to_node || (entry.method == "POST" && entry.path.ends_with("/git-receive-pack"))
    };
    let entries = world.log().entries().into_iter().filter(is_write);
    entries.map(|entry| format!("{} {}", entry.method, entry.path_only())).collect()
}

/// The pushes among the requests.
pub fn pushes(world: &World) -> Vec<String> {
    writes(world).into_iter().filter(|request| request.ends_with("/git-receive-pack")).collect()
}

/// Panics, with all that was said, unless the program ended with a code.
#[track_caller]
pub fn assert_code(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code(), Some(code), "{}", said(outcome));
}

/// Panics, with all that was said, unless it holds every one of some texts.
#[track_caller]
pub fn assert_says<T: AsRef<str>>(outcome: &Outcome, texts: impl IntoIterator<Item = T>) {
    let said = said(outcome);
    for text in texts {
        assert!(said.contains(text.as_ref()), "nothing is said of {:?} in\n{said}", text.as_ref());
    }
}

/// Panics unless nothing was written to the node or any git host.
#[track_caller]
pub fn assert_nothing_written(world: &World, outcome: &Outcome) {
    assert_eq!(writes(world), Vec::<String>::new(), "{}", said(outcome));
}

/// Both outputs.
pub fn said(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout(), outcome.stderr())
}
