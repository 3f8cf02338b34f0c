//! `graph`

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use deployer_core::error::{Note, nearest};
use deployer_core::model::{Crossing, MASTER, NodeName, Revision};
use deployer_core::{Error, Kind, Result};
use deployer_picture as picture;
use deployer_picture::{Change, Flow, MemberKind, Picture};
use serde_json::{Value, json};

use crate::cli::{Graph, GraphFormat, Group};
use crate::drawable::{self, NodeParts};
use crate::exit::Exit;
use crate::files;
use crate::output::{count, json};
use crate::session::{Scope, Session};

pub(crate) async fn run(session: &Session<'_>, arguments: &Graph) -> Result<Exit> {
    let output = session.output;
    let format = match format(arguments, output.is_json()) {
        Ok(format) => format,
        Err(error) => {
            output.error(&error);
            return Ok(Exit::Usage);
        }
    };
    let shown = if arguments.changes {
        of_plan(session, arguments).await?
    } else {
        of_check(session, arguments).await?
    };
    if let Some(path) = &arguments.out {
        let text = match format {
            GraphFormat::Json => json::document(&shown.document()),
            format => shown.drawn(format),
        };
        files::write(path, &output.mask(&text).0)?;
        output.notes(&[Note::remark(format!("wrote {}", path.display()))]);
    }
    if output.is_json() || (arguments.out.is_none() && format == GraphFormat::Json) {
        output.document(shown.document());
    } else if arguments.out.is_none() {
        output.result(&shown.drawn(format));
    }
    Ok(Exit::Done)
}

/// What is shown, from the configuration alone.
async fn of_check(session: &Session<'_>, arguments: &Graph) -> Result<Shown> {
    let (deployment, _) = session.deployment(Scope::Source).await?;
    let checked = deployment.check(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    let checked = checked?;
    session.finish(checked.notes.clone());
    let is_proxy = |name: &NodeName| deployment.nodes.iter().any(|node| node.name == *name && node.proxy);
    // With `--node NAME`, what crosses between that node and the master.
    let touches = |node: &NodeName| {
        node.as_str() == MASTER || session.is_selected(node) || session.is_selected(&NodeName::master())
    };
    let crosses = |crossing: &&Arc<Crossing>| touches(&crossing.from) && touches(&crossing.to);
    let crossings: Vec<Arc<Crossing>> = checked.crossings.iter().filter(crosses).cloned().collect();
    let nodes: Vec<NodeParts<'_>> = checked
        .nodes
        .iter()
        .filter(|(name, _)| touches(name))
        .map(|(name, desired)| (name, desired))
        .collect();
    let picture = Picture {
        nodes: nodes.iter().map(|(name, desired)| drawable::node(name, desired, is_proxy(name))).collect(),
        crossings: crossings.iter().map(|crossing| drawable::crossing(crossing)).collect(),
    };
    let flow = drawable::flow(&nodes, &crossings);
    let (flow, is_flow) = if let Some(id) = &arguments.id {
        (around(&flow, id, arguments, session)?, true)
    } else if arguments.pipes {
        (of_node(&flow, &nodes, arguments.group, session), true)
    } else {
        (flow, false)
    };
    Ok(Shown { crossings, picture, flow, is_flow, revision: checked.revision, notes: checked.notes })
}

/// What is shown of the changes of a plan.
async fn of_plan(session: &Session<'_>, arguments: &Graph) -> Result<Shown> {
    let (deployment, _) = session.deployment(Scope::Targets).await?;
    let planned = deployment.plan(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    let plan = planned?.plan;
    session.finish(plan.notes.clone());
    let touched = drawable::touched(&plan, arguments.up.unwrap_or(1), arguments.down.unwrap_or(1));
    let nothing = Flow {
        title: "What the changes touch".to_owned(),
        subtitle: "no pipe or system of the configuration changes".to_owned(),
        ..Flow::default()
    };
    Ok(Shown {
        crossings: drawable::crossings(&plan),
        picture: drawable::plan(&plan),
        flow: touched.unwrap_or(nothing),
        is_flow: true,
        revision: plan.revision,
        notes: plan.notes,
    })
}

/// The flow around a pipe or a system.
///
/// # Errors
/// `Settings` if no node has it.
fn around(flow: &Flow, id: &str, arguments: &Graph, session: &Session<'_>) -> Result<Flow> {
    let is_selected =
        |at: &usize| session.is_selected(&NodeName::new(flow.lanes[flow.members[*at].lane].as_str()));
    let found: BTreeSet<usize> = flow.named(id).into_iter().filter(is_selected).collect();
    if found.is_empty() {
        let known = flow.members.iter().map(|member| member.id.as_str());
        let hint = match nearest(id, known) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "replicas are parts of links: name the pipe that they carry".to_owned(),
        };
        let message = format!("no node has a pipe or system {id:?} in the configuration");
        return Err(Error::new(Kind::Settings, message).with_hint(hint));
    }
    let (up, down) = (arguments.up.unwrap_or(2), arguments.down.unwrap_or(2));
    let mut flow = flow.clone();
    found.iter().for_each(|at| flow.members[*at].is_focus = true);
    let nodes: BTreeSet<&str> = found.iter().map(|at| flow.lanes[flow.members[*at].lane].as_str()).collect();
    let nodes = nodes.into_iter().collect::<Vec<_>>().join(", ");
    let mut part = flow.around(&found, up, down);
    part.title = id.to_owned();
    part.subtitle =
        format!("on {nodes}, with {} upstream and {} downstream", count(up, "step"), count(down, "step"));
    Ok(part)
}

/// The flow of one node.
fn of_node(flow: &Flow, nodes: &[NodeParts<'_>], group: Group, session: &Session<'_>) -> Flow {
    let selected = nodes.iter().map(|(name, _)| *name).filter(|name| session.is_selected(name));
    let names: Vec<&NodeName> = selected.collect();
    let name = match names.as_slice() {
        [only] => only.as_str(),
        _ => MASTER,
    };
    let mut part = flow.of_lane(name);
    part.title = name.to_owned();
    part.subtitle = part.contents();
    match group {
        Group::Auto => part.readable(),
        Group::Prefix => part.grouped(),
        Group::None => part,
    }
}

/// What is shown: as data for the JSON document, and as pictures.
struct Shown {
    crossings: Vec<Arc<Crossing>>,
    picture: Picture,
    flow: Flow,
    /// Whether the flow is drawn, and not the crossings.
    is_flow: bool,
    revision: Option<Revision>,
    notes: Vec<Note>,
}

impl Shown {
    fn document(&self) -> Value {
        let nodes = self.picture.nodes.iter().map(|node| {
            json!({
                "node": node.name,
                "proxy": node.proxy,
                "pipes": node.pipes,
                "systems": node.systems,
                "generated": node.generated,
            })
        });
        let end = |at: usize| {
            let member = &self.flow.members[at];
            json!({ "node": self.flow.lanes[member.lane], "id": member.id })
        };
        let entities = self.flow.members.iter().map(|member| {
            json!({
                "node": self.flow.lanes[member.lane],
                "id": member.id,
                "kind": if member.kind == MemberKind::Pipe { "pipe" } else { "system" },
                "detail": member.detail,
                "change": member.change.map(Change::word),
            })
        });
        let links = self.flow.links.iter().map(|link| {
            json!({
                "from": end(link.from),
                "to": end(link.to),
                "way": link.way.word(),
                "crosses": link.crosses,
                "through": link.label.as_ref().and_then(|label| label.strip_prefix("through ")),
            })
        });
        json!({
            "format": json::FORMAT,
            "revision": self.revision,
            "nodes": nodes.collect::<Vec<_>>(),
            "crossings": self.crossings,
            "entities": entities.collect::<Vec<_>>(),
            "links": links.collect::<Vec<_>>(),
            "notes": json::notes(&self.notes),
        })
    }

    /// The picture in a format. The JSON document is more than the picture, and comes from elsewhere.
    fn drawn(&self, format: GraphFormat) -> String {
        match (self.is_flow, format) {
            (false, GraphFormat::Text | GraphFormat::Json) => picture::text(&self.picture),
            (false, GraphFormat::Svg) => picture::svg(&self.picture),
            (false, GraphFormat::Html) => picture::html(&self.picture),
            (false, GraphFormat::Mermaid) => picture::mermaid(&self.picture),
            (false, GraphFormat::Dot) => picture::dot(&self.picture),
            (true, GraphFormat::Text | GraphFormat::Json) => picture::flow_text(&self.flow),
            (true, GraphFormat::Svg) => picture::flow_svg(&self.flow),
            (true, GraphFormat::Html) => picture::flow_html(&self.flow),
            (true, GraphFormat::Mermaid) => picture::flow_mermaid(&self.flow),
            (true, GraphFormat::Dot) => picture::flow_dot(&self.flow),
        }
    }
}

/// The endings of files, and their formats.
const ENDINGS: [(&str, GraphFormat); 6] = [
    ("svg", GraphFormat::Svg),
    ("html", GraphFormat::Html),
    ("mmd", GraphFormat::Mermaid),
    ("dot", GraphFormat::Dot),
    ("json", GraphFormat::Json),
    ("txt", GraphFormat::Text),
];

/// The format of the command line.
///
/// # Errors
/// `Settings` for a file whose ending has no format, and for `--json` with another format on standard output.
fn format(arguments: &Graph, json: bool) -> Result<GraphFormat> {
    match (arguments.format, &arguments.out) {
        (Some(format), None) if json && format != GraphFormat::Json => {
            let name = format!("{format:?}").to_lowercase();
            Err(Error::new(Kind::Settings, format!("--json and --format {name} contradict each other"))
                .with_hint("leave out one of them, or write the picture to a file with --out"))
        }
        (Some(format), _) => Ok(format),
        (None, Some(path)) => of_ending(path),
        (None, None) => Ok(if json { GraphFormat::Json } else { GraphFormat::Text }),
    }
}

fn of_ending(path: &Path) -> Result<GraphFormat> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if let Some((_, format)) = ENDINGS.iter().find(|(known, _)| *known == ending) {
        return Ok(*format);
    }
    let known = ENDINGS.map(|(ending, _)| format!(".{ending}")).join(", ");
    let message = format!("--out {}: unknown ending; expected one of {known}", path.display());
    let hint = match nearest(&ending, ENDINGS.iter().map(|(ending, _)| *ending)) {
        Some(near) => format!("did you mean .{near}? --format sets the format of any file"),
        None => "--format sets the format of any file".to_owned(),
    };
    Err(Error::new(Kind::Settings, message).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(format: Option<GraphFormat>, out: Option<&str>) -> Graph {
        let out = out.map(Into::into);
        Graph {
            id: None,
            pipes: false,
            changes: false,
            up: None,
            down: None,
            group: Group::Auto,
            format,
            out,
        }
    }

    #[test]
    fn the_format_comes_from_the_option_then_the_ending_then_json_or_text() {
        fn chosen(option: Option<GraphFormat>, out: Option<&str>, json: bool) -> GraphFormat {
            format(&arguments(option, out), json).unwrap()
        }
        assert_eq!(chosen(None, None, false), GraphFormat::Text);
        assert_eq!(chosen(None, None, true), GraphFormat::Json);
        assert_eq!(chosen(None, Some("a/b.SVG"), true), GraphFormat::Svg);
        assert_eq!(chosen(Some(GraphFormat::Dot), Some("b.svg"), false), GraphFormat::Dot);
        for (ending, expected) in ENDINGS {
            assert_eq!(chosen(None, Some(&format!("x.{ending}")), false), expected);
        }
    }

    #[test]
    fn an_unknown_ending_and_a_contradiction_say_what_to_type() {
        let error = format(&arguments(None, Some("picture.svgz")), false).unwrap_err();
        assert!(error.to_string().contains("unknown ending; expected one of .svg, .html"), "{error}");
        let error = format(&arguments(Some(GraphFormat::Svg), None), true).unwrap_err();
        assert!(error.to_string().contains("--json and --format svg contradict each other"), "{error}");
    }
}
