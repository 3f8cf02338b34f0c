//! The metrics of a watching process.

use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use deployer_state::{Clock, SystemClock};
use deployer_watch::State;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::watching::Content;

type Labels = Vec<(String, String)>;
type Value = (Labels, i64);

/// The metrics as OpenMetrics text. Those of a deployment of a fleet have its name as a label. Of a deployment that another replica serves,
/// only that is said.
pub(crate) fn metrics(contents: &[Content]) -> String {
    let mut registry = Registry::with_prefix("sesam_deployer");
    let served: Vec<&Content> = contents.iter().filter(|content| content.elsewhere.is_none()).collect();
    deploys(&served, &mut registry);
    states(&served, &mut registry);
    let serves = contents.iter().map(|content| (own(content), i64::from(content.elsewhere.is_none())));
    gauge(&mut registry, "serves", "Whether this replica serves the deployment", serves.collect());
    leases(contents, &mut registry);
    let mut text = String::new();
    // A text takes everything.
    let _ = encode(&mut text, &registry);
    text
}

/// The label of a deployment of a fleet.
fn own(content: &Content) -> Labels {
    let name = Some(&content.name).filter(|name| !name.is_empty());
    name.into_iter().map(|name| ("deployment".to_owned(), name.clone())).collect()
}

fn labels<const N: usize>(content: &Content, more: [(&str, &str); N]) -> Labels {
    let environment = ("environment", content.environment.as_str());
    let all = std::iter::once(environment).chain(more);
    own(content).into_iter().chain(all.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

fn gauge(registry: &mut Registry, name: &str, help: &str, values: Vec<Value>) {
    match values.as_slice() {
        // A family without labels would write empty braces.
        [(labels, value)] if labels.is_empty() => {
            let gauge: Gauge = Gauge::default();
            gauge.set(*value);
            registry.register(name, help, gauge);
        }
        values => {
            let family = Family::<Labels, Gauge>::default();
            for (labels, value) in values {
                family.get_or_create(labels).set(*value);
            }
            registry.register(name, help, family);
        }
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str, values: Vec<(Labels, f64)>) {
    match values.as_slice() {
        [(labels, value)] if labels.is_empty() => registry.register(name, help, ConstCounter::new(*value)),
        values => {
            let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
            for (labels, value) in values {
                family.get_or_create(labels).inc_by(*value);
            }
            registry.register(name, help, family);
        }
    }
}

fn deploys(contents: &[&Content], registry: &mut Registry) {
    let deploys = Family::<Labels, Counter>::default();
    let by_node = Family::<Labels, Counter>::default();
    let drift = Family::<Labels, Gauge>::default();
    let revision = Family::<Labels, Gauge>::default();
    for content in contents {
        for (outcome, number) in &content.deploys {
            deploys.get_or_create(&labels(content, [("outcome", *outcome)])).inc_by(*number);
        }
        for (name, node) in &content.nodes {
            for (outcome, number) in &node.deploys {
                let labels = labels(content, [("node", name.as_str()), ("outcome", *outcome)]);
                by_node.get_or_create(&labels).inc_by(*number);
            }
            let labels = labels(content, [("node", name.as_str())]);
            drift.get_or_create(&labels).set(i64::from(node.is_drifted));
        }
        for (kind, value) in [("newest", &content.newest), ("deployed", &content.deployed)] {
            if let Some(value) = value {
                let labels = labels(content, [("kind", kind), ("revision", value.as_str())]);
                revision.get_or_create(&labels).set(1);
            }
        }
    }
    registry.register("deploys", "Deploys by outcome", deploys);
    registry.register("node_deploys", "Deploys by node and outcome", by_node);
    registry.register("node_drifted", "Whether the node no longer has what was deployed", drift);
    registry.register("revision", "The newest revision of the source, and the deployed one", revision);
    let seconds = contents.iter().map(|content| (own(content), content.seconds));
    counter(registry, "deploy_seconds", "Seconds that deploys took", seconds.collect());
}

/// Also of deployments that another replica serves: of all replicas at most one has a lease.
fn leases(contents: &[Content], registry: &mut Registry) {
    let (held, now) = (Family::<Labels, Gauge>::default(), SystemClock.now());
    for content in contents {
        for (target, is_held) in content.leases.held(now) {
            held.get_or_create(&labels(content, [("target", target.as_str())])).set(i64::from(is_held));
        }
    }
    registry.register("lease_held", "Whether this replica has the lease of the target", held);
}

fn states(contents: &[&Content], registry: &mut Registry) {
    let mut of = |name: &str, help: &str, value: fn(&Content) -> i64| {
        let values = contents.iter().map(|content| (own(content), value(content)));
        gauge(registry, name, help, values.collect());
    };
    of("in_step", "Whether every node has what the configuration says", |it| {
        i64::from(it.state == State::InStep)
    });
    of("drifted", "Whether a node no longer has what was deployed", |it| {
        i64::from(it.state == State::Drifted)
    });
    of("held", "Whether a plan waits for consent", |it| i64::from(matches!(it.state, State::Held { .. })));
    of("failed", "Whether the latest deploy failed, or the settings cannot be used", |it| {
        i64::from(matches!(it.state, State::Failed { .. }))
    });
    of("source_readable", "Whether the source can be read", |it| i64::from(it.source_failure.is_none()));
    of("last_success_timestamp_seconds", "When a deploy succeeded last", |it| {
        let since = it.last_success.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
    });
    match contents {
        [content] if content.name.is_empty() => {
            registry.register("checks", "How often the source was read", ConstCounter::new(content.checks));
        }
        contents => {
            let checks = Family::<Labels, Counter>::default();
            for content in contents {
                checks.get_or_create(&own(content)).inc_by(content.checks);
            }
            registry.register("checks", "How often the source was read", checks);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use deployer_state::Ledger;

    use super::*;
    use crate::watching::{Board, Run};

    #[test]
    fn the_metrics_count_deploys_by_node_and_say_the_state() {
        let board = Board::default();
        board.begin("prod <b>", "https://git.example/c.git".to_owned(), Ledger::default());
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
        let text = metrics(&[content]);
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
