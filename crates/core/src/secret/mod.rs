//! Secret values: a type that cannot be shown, and the masking of text that leaves the program.

mod escapes;
mod forms;
mod members;
mod redactor;
mod value;

pub use members::Members;
pub use redactor::Redactor;
pub use value::SecretValue;
