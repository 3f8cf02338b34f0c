//! Forms with the field `operation`.

use std::collections::BTreeMap;

use axum::extract::Form;
use axum::extract::rejection::FormRejection;

use crate::problem::Problem;

/// The fields of a form. A repeated field has its last value.
pub(super) type FormFields = Result<Form<BTreeMap<String, String>>, FormRejection>;

/// The field `operation` and all fields of a form.
pub(super) fn operation(form: &FormFields) -> Result<(&str, &BTreeMap<String, String>), Problem> {
    let Form(fields) = form.as_ref().map_err(|_| Problem::bad_request("The body is not a form."))?;
    let operation =
        fields.get("operation").ok_or_else(|| Problem::bad_request("The field 'operation' is missing."))?;
    Ok((operation, fields))
}
