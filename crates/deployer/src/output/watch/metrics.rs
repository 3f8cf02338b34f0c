//! The metrics of a watching process.

use std::time::SystemTime;

use deployer_watch::State;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::watching::Content;

type Labels = Vec<(String, String)>;

/// The metrics as OpenMetrics text.
pub(crate) fn metrics(content: &Content) -> String {
    let mut registry = Registry::with_prefix("sesam_deployer");
    deploys(content, &mut registry);
    states(content, &mut registry);
    let mut text = String::new();
    // A text takes everything.
    let _ = encode(&mut text, &registry);
    text
}

fn labels<const N: usize>(content: &Content, more: [(&str, &str); N]) -> Labels {
    let environment = ("environment", content.environment.as_str());
    let all = std::iter::once(environment).chain(more);
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn deploys(content: &Content, registry: &mut Registry) {
    let deploys = Family::<Labels, Counter>::default();
    for (outcome, number) in &content.deploys {
        deploys.get_or_create(&labels(content, [("outcome", *outcome)])).inc_by(*number);
    }
    registry.register("deploys", "Deploys by outcome", deploys);
    let by_node = Family::<Labels, Counter>::default();
    let drift = Family::<Labels, Gauge>::default();
    for (name, node) in &content.nodes {
        for (outcome, number) in &node.deploys {
            let labels = labels(content, [("node", name.as_str()), ("outcome", *outcome)]);
            by_node.get_or_create(&labels).inc_by(*number);
        }
        let labels = labels(content, [("node", name.as_str())]);
        drift.get_or_create(&labels).set(i64::from(node.is_drifted));
    }
    registry.register("node_deploys", "Deploys by node and outcome", by_node);
    registry.register("node_drifted", "Whether the node no longer has what was deployed", drift);
    registry.register("deploy_seconds", "Seconds that deploys took", ConstCounter::new(content.seconds));
    registry.register("checks", "How often the source was read", ConstCounter::new(content.checks));
    let revision = Family::<Labels, Gauge>::default();
    for (kind, value) in [("newest", &content.newest), ("deployed", &content.deployed)] {
        if let Some(value) = value {
            revision.get_or_create(&labels(content, [("kind", kind), ("revision", value.as_str())])).set(1);
        }
    }
    registry.register("revision", "The newest revision of the source, and the deployed one", revision);
}

fn states(content: &Content, registry: &mut Registry) {
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let is = |holds: bool| i64::from(holds);
    gauge(
        "in_step",
        "Whether every node has what the configuration says",
        is(content.state == State::InStep),
    );
    gauge("drifted", "Whether a node no longer has what was deployed", is(content.state == State::Drifted));
    gauge("held", "Whether a plan waits for consent", is(matches!(content.state, State::Held { .. })));
    gauge("source_readable", "Whether the source can be read", is(content.source_failure.is_none()));
    let seconds = |time: Option<SystemTime>| {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
    };
    gauge("last_success_timestamp_seconds", "When a deploy succeeded last", seconds(content.last_success));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::watching::{Board, Run};

    #[test]
    fn the_metrics_count_deploys_by_node_and_say_the_state() {
        let board = Board::default();
        board.begin("prod <b>", "https://git.example/c.git".to_owned());
        let mut content = board.content();
        content.state = State::Held { plan: "0a1b2c".to_owned() };
        content.newest = Some("c@0123".to_owned());
        let run = Run {
            at: SystemTime::UNIX_EPOCH,
            revision: "0123".to_owned(),
            outcome: "held",
            summary: String::new(),
            receipt: String::new(),
            error: None,
        };
        content.add(run, Duration::from_millis(1500));
        content.node("master").add("deployed");
        content.node("nett").add("failed");
        content.node("nett").is_drifted = true;
        let text = metrics(&content);
        for line in [
            "sesam_deployer_deploys_total{environment=\"prod <b>\",outcome=\"held\"} 1",
            "sesam_deployer_node_deploys_total{environment=\"prod <b>\",node=\"master\",outcome=\"deployed\"} 1",
            "sesam_deployer_node_deploys_total{environment=\"prod <b>\",node=\"nett\",outcome=\"failed\"} 1",
            "sesam_deployer_node_drifted{environment=\"prod <b>\",node=\"master\"} 0",
            "sesam_deployer_node_drifted{environment=\"prod <b>\",node=\"nett\"} 1",
            "sesam_deployer_revision{environment=\"prod <b>\",kind=\"newest\",revision=\"c@0123\"} 1",
            "sesam_deployer_held 1",
            "sesam_deployer_in_step 0",
            "sesam_deployer_deploy_seconds_total 1.5",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
    }
}
