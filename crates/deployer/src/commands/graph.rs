//! `graph`

use std::path::Path;
use std::sync::Arc;

use deployer_core::error::{Note, nearest};
use deployer_core::model::{Crossing, MASTER, NodeName};
use deployer_core::{Error, Kind, Result};
use deployer_engine::run::Checked;
use deployer_picture as picture;
use deployer_picture::Picture;
use serde_json::{Value, json};

use crate::cli::{Graph, GraphFormat};
use crate::drawable;
use crate::exit::Exit;
use crate::files;
use crate::output::json;
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
    let (deployment, _) = session.deployment(Scope::Source).await?;
    let checked = deployment.check(&session.runner).await;
    session.finish(deployment.close(&session.runner).await);
    let checked = checked?;
    session.finish(checked.notes.clone());
    let is_proxy = |name: &NodeName| deployment.nodes.iter().any(|node| node.name == *name && node.proxy);
    let shown = Shown::of(&checked, is_proxy, |node| session.is_selected(node));
    let document = || shown.document(&checked);
    if let Some(path) = &arguments.out {
        let text = match format {
            GraphFormat::Json => json::document(&document()),
            format => drawn(&shown.picture, format),
        };
        files::write(path, &output.mask(&text).0)?;
        output.notes(&[Note::remark(format!("wrote {}", path.display()))]);
    }
    if output.is_json() || (arguments.out.is_none() && format == GraphFormat::Json) {
        output.document(document());
    } else if arguments.out.is_none() {
        output.result(&drawn(&shown.picture, format));
    }
    Ok(Exit::Done)
}

/// The nodes and the crossings that are shown: as data for the JSON document, and as a picture.
struct Shown {
    crossings: Vec<Arc<Crossing>>,
    picture: Picture,
}

impl Shown {
    /// With `--node NAME`, what crosses between that node and the master.
    fn of(
        checked: &Checked,
        is_proxy: impl Fn(&NodeName) -> bool,
        is_selected: impl Fn(&NodeName) -> bool,
    ) -> Self {
        let touches = |node: &NodeName| {
            node.as_str() == MASTER || is_selected(node) || is_selected(&NodeName::master())
        };
        let nodes = checked.nodes.iter().filter(|(name, _)| touches(name));
        let crosses = |crossing: &&Arc<Crossing>| touches(&crossing.from) && touches(&crossing.to);
        let crossings: Vec<Arc<Crossing>> = checked.crossings.iter().filter(crosses).cloned().collect();
        let picture = Picture {
            nodes: nodes.map(|(name, desired)| drawable::node(name, desired, is_proxy(name))).collect(),
            crossings: crossings.iter().map(|crossing| drawable::crossing(crossing)).collect(),
        };
        Self { crossings, picture }
    }

    fn document(&self, checked: &Checked) -> Value {
        let nodes = self.picture.nodes.iter().map(|node| {
            json!({
                "node": node.name,
                "proxy": node.proxy,
                "pipes": node.pipes,
                "systems": node.systems,
                "generated": node.generated,
            })
        });
        json!({
            "format": json::FORMAT,
            "revision": checked.revision,
            "nodes": nodes.collect::<Vec<_>>(),
            "crossings": self.crossings,
            "notes": json::notes(&checked.notes),
        })
    }
}

/// A picture in a format. The JSON document is more than the picture, and comes from elsewhere.
fn drawn(shown: &Picture, format: GraphFormat) -> String {
    match format {
        GraphFormat::Text | GraphFormat::Json => picture::text(shown),
        GraphFormat::Svg => picture::svg(shown),
        GraphFormat::Html => picture::html(shown),
        GraphFormat::Mermaid => picture::mermaid(shown),
        GraphFormat::Dot => picture::dot(shown),
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
        Graph { format, out: out.map(Into::into) }
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
