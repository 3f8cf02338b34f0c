//! What the data of every node has to keep.

use std::time::Duration;

use deployer_core::Kind;
use deployer_core::traits::{NodeData, PipeOutput, PipeRole, RunState};

/// A node in developer mode with three pipes: `taken` takes entities and writes a dataset, `sent` sends that dataset to another system, and
/// `published` publishes it.
pub trait DataRig: Send + Sync {
    /// The data of the node.
    fn data(&self) -> &dyn NodeData;

    /// The data of another node with the same pipes, whose runs last longer than the suite.
    fn slow(&self) -> &dyn NodeData;
}

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the suite.
///
/// # Panics
/// If the data does not keep the contract.
pub async fn node_data_contract(rig: &dyn DataRig) {
    let data = rig.data();
    assert!(data.is_developer_mode().await.expect("the node answers"));
    let pipes = data.pipes().await.expect("the node answers");
    let role = |id: &str| {
        pipes.iter().find(|pipe| pipe.id == id).map(|pipe| (pipe.role, pipe.is_valid, pipe.success))
    };
    assert_eq!(role("taken"), Some((PipeRole::Internal, true, None)));
    assert_eq!(role("sent"), Some((PipeRole::Output, true, None)));
    assert_eq!(role("published"), Some((PipeRole::Endpoint, true, None)));

    let entities = br#"[{"_id": "1", "n": 1.0}, {"_id": "2"}]"#;
    for _ in 0..2 {
        data.stop().await.expect("ending no run is no failure");
        data.post("taken", entities).await.expect("posting again is no failure");
    }
    run(data, true).await;
    let sent = PipeOutput::Entities(None);
    let output =
        |bytes: Vec<u8>| -> Vec<serde_json::Value> { serde_json::from_slice(&bytes).expect("a list") };
    let entities = output(data.output("sent", &sent).await.expect("an output"));
    assert_eq!(entities.len(), 2, "what is posted twice is there once: {entities:?}");
    assert_eq!(
        output(
            data.output("sent", &PipeOutput::Entities(Some("source".to_owned()))).await.expect("an output")
        )
        .len(),
        2
    );
    let published = PipeOutput::Published("entities".to_owned(), vec![("a b".to_owned(), "c&d".to_owned())]);
    assert_eq!(output(data.output("published", &published).await.expect("an output")).len(), 2);
    let pipes = data.pipes().await.expect("the node answers");
    let ran = pipes.iter().find(|pipe| pipe.id == "sent").expect("the pipe");
    assert!(ran.success == Some(true) && !ran.last_run.is_empty(), "{ran:?}");
    let log = data.log("sent", 10).await.expect("a log");
    assert!(log.len() >= 2 && log.is_sorted_by(|one, other| one.time <= other.time), "{log:?}");
    assert_eq!(data.log("sent", 1).await.expect("a log"), log[log.len() - 1..], "the latest event");

    assert_eq!(data.entities_in("taken").await.expect("a number"), 2);
    assert_eq!(data.entities_in("absent").await.expect("a number"), 0);

    run(data, false).await;
    assert!(
        output(data.output("sent", &sent).await.expect("an output")).is_empty(),
        "a run starts from nothing"
    );

    for enabled in [false, false, true, true] {
        data.set_enabled("published", enabled).await.expect("repeating it is no failure");
        let pipes = data.pipes().await.expect("the node answers");
        let pipe = pipes.iter().find(|pipe| pipe.id == "published").expect("the pipe");
        assert_eq!(pipe.is_disabled, !enabled);
    }
    for absent in ["absent", "..", "a/b"] {
        let error = data.output(absent, &sent).await.expect_err(absent);
        assert!(matches!(error.kind(), Kind::NotFound | Kind::Rejected), "{error:?}");
        data.post(absent, b"[]").await.expect_err(absent);
    }
    let lost = data.run_state("no-such-run").await.expect("the node answers");
    assert!(matches!(lost, RunState::Failed(_)), "an unknown run is none that goes on: {lost:?}");

    let data = rig.slow();
    let token = data.start(false, LIMIT).await.expect("a run begins");
    assert_eq!(data.run_state(&token).await.expect("the node answers"), RunState::Running);
    data.stop().await.expect("the run ends");
    let ended = data.run_state(&token).await.expect("the node answers");
    assert!(matches!(ended, RunState::Failed(_)), "a run that was ended has not succeeded: {ended:?}");
}

async fn run(data: &dyn NodeData, keeps_posted: bool) {
    let token = data.start(keeps_posted, LIMIT).await.expect("a run begins");
    let mut state = RunState::Running;
    for _ in 0..1_000 {
        if state != RunState::Running {
            break;
        }
        state = data.run_state(&token).await.expect("the node answers");
    }
    assert_eq!(state, RunState::Succeeded);
}
