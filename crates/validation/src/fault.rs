//! What is wrong with an entity.

use std::fmt;

use deployer_core::document::Span;

use crate::types::{Part, Shape};

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A node accepts the entity and reports the fault.
    Warning,
    /// A node rejects the entity.
    Error,
}

/// One fault, and the place of the faulty value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// The faulty value in the entity as written.
    pub span: Span,
}

/// What is wrong. The text of a fault is for users of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The `type` of a part is unknown.
    UnknownType {
        /// The part.
        part: Part,
        /// Its `type` as JSON text.
        found: String,
    },
    /// A required property is missing.
    MissingProperty(&'static str),
    /// A part is not an object.
    NotAnObject(Part),
    /// A property has a wrong JSON type.
    WrongShape(&'static str, Shape),
    /// A system does not exist.
    UnknownSystem(String),
    /// No pipe writes a dataset.
    UnknownDataset(String),
    /// An `_id` contains `/`.
    SlashInId,
    /// An `_id` has the reserved prefix `system:`.
    ReservedId,
    /// The `_id` of the node metadata is not `node`.
    MetadataId,
    /// The dataset ID of a sink contains `/`.
    SlashInDataset,
    /// The dataset ID of a sink has the reserved prefix `system:`.
    ReservedDataset,
    /// DTL rules have no rule `default`.
    NoDefaultRule,
    /// A DTL rule is not a list.
    RuleNotAList(String),
    /// `apply` calls a rule that contains hops.
    ApplyOfHops(String),
    /// A DTL transform that is not the first contains hops.
    HopsInLaterTransform,
    /// A conditional source, sink or transform has no alternative for this value.
    NoAlternative(String),
    /// Conditional properties have no alternative for this value.
    NoConditionalProperties(String),
    /// A transform has conditional properties.
    ConditionalInTransform,
    /// Conditional properties set `_id` or `type` of the entity.
    ConditionalIdentity(String),
}

impl Fault {
    /// How bad this fault is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownDataset(_) | Self::HopsInLaterTransform | Self::NoConditionalProperties(_) => {
                Severity::Warning
            }
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType { part: Part::Entity, found } => write!(f, "unknown type {found}"),
            Self::UnknownType { part, found } => write!(f, "unknown {} type {found}", part.noun()),
            Self::MissingProperty(name) => write!(f, "missing property `{name}`"),
            Self::NotAnObject(part) => write!(f, "the {} must be an object", part.noun()),
            Self::WrongShape(name, shape) => write!(f, "`{name}` must be {}", shape.noun()),
            Self::UnknownSystem(id) => write!(f, "system {id:?} does not exist"),
            Self::UnknownDataset(id) => write!(f, "no pipe writes dataset {id:?}"),
            Self::SlashInId => f.write_str("an `_id` cannot contain `/`"),
            Self::ReservedId => f.write_str("an `_id` cannot begin with `system:`"),
            Self::MetadataId => f.write_str("the `_id` of the node metadata must be \"node\""),
            Self::SlashInDataset => f.write_str("a dataset ID cannot contain `/`"),
            Self::ReservedDataset => f.write_str("a sink cannot write a dataset that begins with `system:`"),
            Self::NoDefaultRule => f.write_str("the DTL rules have no rule `default`"),
            Self::RuleNotAList(rule) => write!(f, "DTL rule {rule:?} must be a list of expressions"),
            Self::ApplyOfHops(rule) => {
                write!(f, "DTL rule {rule:?} contains hops: call it with `apply-hops` instead of `apply`")
            }
            Self::HopsInLaterTransform => {
                f.write_str("only the first DTL transform tracks changes in the datasets of its hops")
            }
            Self::NoAlternative(value) | Self::NoConditionalProperties(value) => {
                write!(f, "no alternative for condition value {value:?}")
            }
            Self::ConditionalInTransform => f.write_str("a transform cannot have conditional properties"),
            Self::ConditionalIdentity(name) => {
                write!(f, "conditional properties cannot set `{name}` of the entity")
            }
        }
    }
}
