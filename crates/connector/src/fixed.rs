//! What Sesam's tool makes for every connector, whatever its templates are.

use deployer_core::document::{Member, Node, Piece, SourceText, Span, Value};
use deployer_core::error::{Place, Result};
use deployer_core::model::{Entity, Origin, Variable, Variables};

use crate::connector::Connector;
use crate::manifest::{Datatype, Manifest};

/// The pipe that connects a datatype's collect pipe with its share pipe, until a solution has a pipe of its own.
pub(crate) fn shim(manifest: &Manifest, datatype: &Datatype, system: &str) -> Result<Entity> {
    let list = |items: &[&str]| Value::array(items.iter().map(|item| Value::string(*item)));
    let prefix = format!("{system}-{}", datatype.name);
    let source = object([
        ("type", Value::string("dataset")),
        ("dataset", Value::string(format!("{prefix}-collect"))),
        ("supports_signalling", Value::Bool(false)),
    ]);
    let based_on = [Value::array([Value::string("copy"), Value::string("*"), list(&["list", "_*", "$*"])])];
    let add = [Value::string("add"), Value::string("$based_on"), list(&["apply", "based-on", "_S."])];
    let rules = object([
        ("default", Value::array([Value::array(add), list(&["copy", "*"])])),
        ("based-on", Value::array(based_on)),
    ]);
    let pipe = object([
        ("_id", Value::string(format!("{prefix}-transform"))),
        ("type", Value::string("pipe")),
        ("source", source),
        ("transform", object([("type", Value::string("dtl")), ("rules", rules)])),
    ]);
    Entity::new(Node::new(pipe), made_from(manifest, datatype.span, Some(datatype)))
}

/// The node metadata that Sesam's tool uploads with a connector: pipes that users make are disabled.
///
/// # Errors
/// None in practice: the entity is well-formed.
pub fn node_metadata(connector: &Connector) -> Result<Entity> {
    let metadata = object([
        ("_id", Value::string("node")),
        ("type", Value::string("metadata")),
        ("task_manager", object([("disable_user_pipes", Value::Bool(true))])),
        ("global_defaults", object([("eager_load_microservices", Value::Bool(false))])),
    ]);
    let manifest = &connector.manifest;
    Entity::new(Node::new(metadata), made_from(manifest, Span::default(), None))
}

/// The variables that Sesam's tool uploads if the profile has no file: `node-env` is `test`, and each additional parameter is an empty text.
pub fn variables_without_profile(connector: &Connector) -> Variables {
    let file = connector.manifest.source.file();
    let entry = |name: &str, value: &str| {
        let place = Some(Place::file(file.clone()));
        (name.to_owned(), Variable { value: Value::string(value), place })
    };
    let parameters = connector.additional_parameters().iter().map(|name| entry(name, ""));
    Variables { entries: parameters.chain([entry("node-env", "test")]).collect() }
}

/// The comment of entities that a shared template makes. Sesam's tool compares and uploads it letter for letter.
pub(crate) fn shared_template_comment(template: &str) -> String {
    format!(
        "WARNING! This pipe is generated from the template of the '{template}' datatype and changes will be silently ignored during collapse. For more information see the connectorpy README."
    )
}

/// The permissions of a pipe that receives the events of a webhook.
pub(crate) fn webhook_permissions() -> Value {
    let list = |text| Value::array([Value::string(text)]);
    let allow = [Value::string("allow"), list("group:Anonymous"), list("write_data")];
    Value::array([Value::array(allow)])
}

/// The origin of an entity that no template makes: a place in the manifest.
fn made_from(manifest: &Manifest, span: Span, datatype: Option<&Datatype>) -> Origin {
    let piece = Piece { start: 0, place: manifest.source.place(span.start), copied: false };
    let template = SourceText::generated(manifest.source.file().clone(), "", vec![piece]);
    Origin::Connector { template, datatype: datatype.map(|datatype| datatype.name.clone()) }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::object(members.into_iter().map(|(key, value)| Member::new(key, value)))
}
