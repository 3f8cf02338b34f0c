//! The paths of files in the layout.

/// The path of the variables file of an environment.
pub fn variables_path(environment: &str) -> String {
    format!("variables/variables-{environment}.json")
}
