//! The messages of a real node for the faults of an entity.

use deployer_validation::{Fault, Part};

/// The message of the service API for a fault.
pub(crate) fn message(fault: &Fault) -> String {
    match fault {
        Fault::UnknownType { part, found } => {
            let known = if *part == Part::System { Part::Entity } else { *part }.type_names();
            format!("{found} is not one of {known:?}").replace('"', "'")
        }
        Fault::MissingProperty(name) => format!("'{name}' is a required property"),
        Fault::NotAnObject(_) => "is not an object".to_owned(),
        Fault::WrongShape(name, shape) => format!("'{name}' is not {}", shape.noun()),
        Fault::UnknownSystem(id) => format!("Unknown component id '{id}' of type 'system'."),
        Fault::UnknownDataset(id) => format!("The dataset '{id}' does not exist."),
        Fault::SlashInId => "An '_id' cannot contain '/'.".to_owned(),
        Fault::ReservedId => "The prefix 'system:' is reserved for internal components.".to_owned(),
        Fault::MetadataId => "The '_id' of the node metadata must be 'node'.".to_owned(),
        Fault::SlashInDataset => "A dataset id cannot contain '/'.".to_owned(),
        Fault::ReservedDataset => "The prefix 'system:' is reserved for internal datasets.".to_owned(),
        Fault::NoDefaultRule => "The DTL rule 'default' is missing.".to_owned(),
        Fault::RuleNotAList(rule) => format!("The DTL rule '{rule}' is not a list of expressions."),
        Fault::ApplyOfHops(rule) => {
            format!("The DTL rule '{rule}' contains hops: call it with 'apply-hops'.")
        }
        Fault::HopsInLaterTransform => {
            "Hops in a DTL transform that is not the first of its chain: changes in \
                                        the datasets of the hops are not tracked."
                .to_owned()
        }
        Fault::NoAlternative(value) | Fault::NoConditionalProperties(value) => {
            format!("No alternative for the condition value '{value}'.")
        }
        Fault::ConditionalInTransform => "Conditional properties are not allowed in a transform.".to_owned(),
        Fault::ConditionalIdentity(name) => {
            format!("Conditional properties cannot set the '{name}' of the entity.")
        }
    }
}
