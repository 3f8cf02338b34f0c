//! The entries of a new plugin in files that exist. Each stands behind the last one of its family, or of its kind.

use super::names::Names;
use crate::shell::Result;

/// A file that knows all plugins.
pub(super) struct Edit {
    /// Relative to the root.
    pub(super) path: &'static str,
    /// The text with the entries.
    pub(super) apply: fn(&str, &Names) -> Result<String>,
}

/// Every file that knows all plugins.
pub(super) const EDITS: [Edit; 3] = [
    Edit { path: "Cargo.toml", apply: workspace },
    Edit { path: "crates/deployer/Cargo.toml", apply: program },
    Edit { path: "crates/deployer/src/plugins.rs", apply: table },
];

/// The line under `[workspace.dependencies]`.
fn workspace(text: &str, names: &Names) -> Result<String> {
    let Names { package, feature, family, .. } = names;
    let entry = format!("{package} = {{ path = \"plugins/{feature}\" }}");
    after_last(text, &entry, |line| line.starts_with(&format!("deployer-{family}-")))
}

/// The dependency, the feature, and the member of `all`.
fn program(text: &str, names: &Names) -> Result<String> {
    let Names { package, feature, family, .. } = names;
    let dependency = format!("{package} = {{ workspace = true, optional = true }}");
    let text = after_last(text, &dependency, |line| line.starts_with(&format!("deployer-{family}-")))?;
    let entry = format!("{feature} = [\"dep:{package}\"]");
    let text = after_last(&text, &entry, |line| line.starts_with(&format!("{family}-")))?;
    let is_all = |line: &&str| line.starts_with("all = [") && line.ends_with(']');
    let all = text.lines().find(is_all).ok_or("there is no line `all = […]` under [features]")?;
    let end = all.trim_end_matches(']');
    Ok(text.replacen(all, &format!("{end}, \"{feature}\"]"), 1))
}

/// The row of the table.
fn table(text: &str, names: &Names) -> Result<String> {
    let Names { row, kind, feature, module, constant, .. } = names;
    let entry = format!("    {row:<6} \"{kind}\" \"{feature}\" {module}::{constant};");
    after_last(text, &entry, |line| line.starts_with(&format!("    {row} ")) && line.ends_with(';'))
}

/// The text with a line behind the last one of some kind.
fn after_last(text: &str, entry: &str, is_kin: impl Fn(&str) -> bool) -> Result<String> {
    let last = text.lines().enumerate().filter(|(_, line)| is_kin(line)).map(|(at, _)| at).last();
    let last = last.ok_or_else(|| format!("there is no place for the line `{}`", entry.trim()))?;
    let line = |(at, line): (usize, &str)| {
        if at == last { format!("{line}\n{entry}\n") } else { format!("{line}\n") }
    };
    Ok(text.lines().enumerate().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new("store", "key-pass").unwrap()
    }

    #[test]
    fn the_workspace_learns_where_it_is() {
        let before = "a = 1\ndeployer-store-b = { path = \"plugins/store-b\" }\ndeployer-target-c = 2\n";
        let after = "a = 1\ndeployer-store-b = { path = \"plugins/store-b\" }\n\
                     deployer-store-key-pass = { path = \"plugins/store-key-pass\" }\ndeployer-target-c = 2\n";
        assert_eq!(workspace(before, &names()).unwrap(), after);
    }

    #[test]
    fn the_program_gets_a_dependency_a_feature_and_a_part_of_all() {
        let before = "all = [\"node\", \"store-b\"]\nstore-b = [\"dep:deployer-store-b\"]\n\n\
                      deployer-store-b = { workspace = true, optional = true }\n";
        let after = "all = [\"node\", \"store-b\", \"store-key-pass\"]\nstore-b = [\"dep:deployer-store-b\"]\n\
                     store-key-pass = [\"dep:deployer-store-key-pass\"]\n\n\
                     deployer-store-b = { workspace = true, optional = true }\n\
                     deployer-store-key-pass = { workspace = true, optional = true }\n";
        assert_eq!(program(before, &names()).unwrap(), after);
        let error = program(&before.replace("all =", "most ="), &names()).unwrap_err();
        assert!(error.contains("`all = […]`"), "{error}");
    }

    #[test]
    fn the_table_gets_a_row_behind_its_family() {
        let before = "plugins! {\n    Store  \"b\" \"store-b\" deployer_store_b::B;\n    Target \"c\" \"target-c\" x::C;\n}\n";
        let after = "plugins! {\n    Store  \"b\" \"store-b\" deployer_store_b::B;\n    \
                     Store  \"key-pass\" \"store-key-pass\" deployer_store_key_pass::KEY_PASS;\n    \
                     Target \"c\" \"target-c\" x::C;\n}\n";
        assert_eq!(table(before, &names()).unwrap(), after);
        let error = table("fn main() {}\n", &names()).unwrap_err();
        assert!(error.contains("no place for the line `Store  \"key-pass\""), "{error}");
    }
}
