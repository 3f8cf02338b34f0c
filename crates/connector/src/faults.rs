//! What `sesam validate` rejects, so that `sesam upload` refuses a connector that works. Here these are warnings.

use std::collections::BTreeMap;

use deployer_core::document::{Node, Value};
use deployer_core::error::{Note, Place};
use deployer_core::model::{Entity, EntityKind, Origin};

use crate::jinja::Templates;
use crate::manifest::Manifest;

const COLLECT_TEMPLATE: &str = "transform-collect-rest";
const SHARE_TEMPLATE: &str = "transform-share-rest";

/// The faults of a connector, one warning per kind with all places.
pub(crate) fn faults(manifest: &Manifest, templates: &Templates, entities: &[Entity]) -> Vec<Note> {
    let mut faults = Faults::default();
    let paths = manifest.datatypes.iter().map(|datatype| &datatype.template.path);
    let mut paths: Vec<&String> =
        manifest.system_template.iter().map(|template| &template.path).chain(paths).collect();
    paths.sort();
    paths.dedup();
    for source in paths.into_iter().filter_map(|path| templates.source(path)) {
        if let Err(problem) = source.parse() {
            faults.add("a template is not JSON before it is filled in", problem.place);
        }
    }
    for entity in entities.iter().filter(|entity| entity.kind() == EntityKind::Pipe) {
        faults.pipe(entity, entities);
    }
    faults
        .0
        .into_iter()
        .map(|(fault, places)| {
            let message = format!("`sesam upload` rejects this connector: {fault}");
            Note::warning(message).at_all(places)
        })
        .collect()
}

#[derive(Default)]
struct Faults(BTreeMap<String, Vec<Place>>);

impl Faults {
    fn add(&mut self, fault: &str, place: Place) {
        let places = self.0.entry(fault.to_owned()).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    fn pipe(&mut self, pipe: &Entity, entities: &[Entity]) {
        let place_of = |node: &Node| pipe.place_of(node.span);
        if let Some(dataset) = pipe.at_path("sink.dataset").filter(|_| is_from_list(pipe)) {
            self.add("a pipe of a list has a `sink.dataset`", place_of(dataset));
        }
        if let Some(text) = pipe.root().get("description")
            && shows_warning(&text.value)
        {
            self.add("a description contains WARNING", place_of(text));
        }
        let Some(datatype) = pipe.id().split('-').nth(1) else {
            self.add("the id of a pipe has no dash", pipe.place());
            return;
        };
        let has_share_pipe = || {
            entities
                .iter()
                .any(|other| other.id().contains("share") && other.id().split('-').nth(1) == Some(datatype))
        };
        if pipe.id().contains("collect") && has_share_pipe() {
            self.collect_pipe(pipe);
        }
        if pipe.id().contains("share")
            && template_transform(pipe, SHARE_TEMPLATE).is_some()
            && pipe.at_path("batch_size").map(|node| &node.value).is_none_or(|value| !is_one(value))
        {
            let place = pipe.at_path("batch_size").map_or_else(|| pipe.place(), place_of);
            self.add("a share pipe must have the batch size 1", place);
        }
    }

    fn collect_pipe(&mut self, pipe: &Entity) {
        let Some(transform) = template_transform(pipe, COLLECT_TEMPLATE) else {
            let fault = format!("a collect pipe whose datatype has a share pipe must use {COLLECT_TEMPLATE}");
            return self.add(&fault, pipe.place());
        };
        let Some(share) = transform.at_path("properties.share_dataset").and_then(Node::as_str) else {
            let fault = format!("{COLLECT_TEMPLATE} must have the property `share_dataset`");
            return self.add(&fault, pipe.place_of(transform.span));
        };
        match pipe.root().get("exclude_completeness") {
            None => self.add("a collect pipe must have `exclude_completeness`", pipe.place()),
            Some(excluded) => {
                let named = match &excluded.value {
                    Value::Array(items) => items.iter().any(|item| item.as_str() == Some(share)),
                    value => value.as_str() == Some(share),
                };
                if !named {
                    let fault = "`exclude_completeness` must name the share dataset";
                    self.add(fault, pipe.place_of(excluded.span));
                }
            }
        }
    }
}

/// The transform of a pipe that uses a template of the node.
fn template_transform<'a>(pipe: &'a Entity, template: &str) -> Option<&'a Node> {
    let transform = pipe.root().get("transform")?;
    let transforms = match &transform.value {
        Value::Array(items) => items.as_slice(),
        _ => std::slice::from_ref(transform),
    };
    transforms.iter().find(|transform| transform.get("template").and_then(Node::as_str) == Some(template))
}

/// Whether the template of a pipe is a list of entities.
fn is_from_list(pipe: &Entity) -> bool {
    let Origin::Connector { template, .. } = pipe.origin() else { return false };
    template.text().trim_start().starts_with('[')
}

fn shows_warning(value: &Value) -> bool {
    let mut warns = false;
    value.for_each_text(Default::default(), &mut |text, _| warns |= text.contains("WARNING"));
    warns
}

fn is_one(value: &Value) -> bool {
    matches!(value, Value::Number(number) if number.as_text() == "1")
}
