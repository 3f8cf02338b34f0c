//! The table of plugins: the one place that knows them all by name.
//!
//! A row says the word in the settings, the family, the feature, and the constant that the plugin's crate exports. Every plugin
//! of the source tree has a row, whether this build holds it or not, so that "not in this build" can be told from "unknown".

use deployer_core::plugin::{Family, Plugin, Stage};
use deployer_core::{Error, Kind, Result};

/// A plugin of the source tree, built in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The word in the settings: `kind = "vault"`.
    pub kind: &'static str,
    /// The family it belongs to.
    pub family: Family,
    /// The feature that builds it in: `store-vault`.
    pub feature: &'static str,
    /// How far it can be relied on.
    pub stage: Stage,
}

macro_rules! plugins {
    ($($family:ident $kind:literal $feature:literal $plugin:path $(, $stage:ident)?;)*) => {
        /// Every plugin of the source tree.
        pub const KNOWN: &[Known] = &[$(Known {
            kind: $kind,
            family: Family::$family,
            feature: $feature,
            stage: stage!($($stage)?),
        }),*];
        /// The plugins that this build holds.
        pub const BUILT: &[&Plugin] = &[$(#[cfg(feature = $feature)] &$plugin),*];
    };
}

/// A plugin whose row does not say that it is stable is not.
macro_rules! stage {
    () => {
        Stage::Beta
    };
    (stable) => {
        Stage::Stable
    };
}

plugins! {
    Source "folder" "source-folder" deployer_source_folder::FOLDER, stable;
    Source "git"    "source-git"    deployer_source_git::GIT, stable;
    Store  "vault"  "store-vault"   deployer_store_vault::VAULT;
    Store  "aws"    "store-aws"     deployer_store_aws::AWS;
    Store  "azure"  "store-azure"   deployer_store_azure::AZURE;
    Store  "gcp"    "store-gcp"     deployer_store_gcp::GCP;
    Store  "kubernetes" "store-kubernetes" deployer_store_kubernetes::KUBERNETES;
    Store  "file"   "store-file"    deployer_store_file::FILE;
    Store  "environment" "store-file" deployer_store_file::ENVIRONMENT;
    Target "node"   "target-node"   deployer_target_node::NODE, stable;
    Target "git"    "target-git"    deployer_target_git::GIT, stable;
    Target "folder" "target-folder" deployer_target_folder::FOLDER, stable;
    Notify "slack"  "notify-slack"  deployer_notify_slack::SLACK, stable;
    Notify "teams"  "notify-teams"  deployer_notify_teams::TEAMS;
    Notify "webhook" "notify-webhook" deployer_notify_webhook::WEBHOOK;
    State  "s3"     "state-s3"      deployer_state_s3::S3;
    State  "azure"  "state-azure"   deployer_state_azure::AZURE;
    State  "gcs"    "state-gcs"     deployer_state_gcs::GCS;
    State  "kubernetes" "state-kubernetes" deployer_state_kubernetes::KUBERNETES;
}

/// The features that are not plugins.
const NO_PLUGINS: [(&str, bool); 5] = [
    ("embedded-node", cfg!(feature = "embedded-node")),
    ("watch", cfg!(feature = "watch")),
    ("connectors", cfg!(feature = "connectors")),
    ("aws-sso", cfg!(feature = "aws-sso")),
    ("encrypted-files", cfg!(feature = "encrypted-files")),
];

/// The features that a program with these plugins is built with, `default` and `all` left out.
pub fn features(table: &[&Plugin]) -> Vec<&'static str> {
    let mut features: Vec<&str> =
        NO_PLUGINS.iter().filter(|(_, is_built)| *is_built).map(|(feature, _)| *feature).collect();
    for known in table.iter().filter_map(|plugin| known(plugin.family(), plugin.kind)) {
        if !features.contains(&known.feature) {
            features.push(known.feature);
        }
    }
    features
}

/// The row of a plugin of the source tree.
pub fn known(family: Family, kind: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.family == family && known.kind == kind)
}

/// The kinds of the source tree's plugins of a family.
pub fn kinds(family: Family) -> Vec<&'static str> {
    KNOWN.iter().filter(|known| known.family == family).map(|known| known.kind).collect()
}

/// How to get a program that has a feature besides what this one has.
pub fn how_to_build(feature: &str, table: &[&Plugin]) -> String {
    if table.iter().any(|plugin| known(plugin.family(), plugin.kind).is_none()) {
        // Only the distribution file says where the plugins of other makers are.
        return format!("add `{feature}` to the features of its distribution file, and build it again");
    }
    let mut features = features(table);
    features.push(feature);
    format!("build it with the feature `{feature}`: `cargo xtask build --features {}`", features.join(","))
}

/// The example of a plugin as it stands in a settings file.
pub fn section_example(plugin: &Plugin) -> String {
    let (header, path) = match plugin.family() {
        Family::Source => ("[source]", "source"),
        Family::Store => ("[stores.main]", "stores.main"),
        Family::Target => ("[nodes.master.target]", "nodes.master.target"),
        Family::Notify => ("[[notify]]", "notify"),
        Family::State => ("[state]", "state"),
    };
    let mut text = format!("{header}\nkind = {:?}\n", plugin.kind);
    for line in plugin.example.lines() {
        // Tables of the example are relative to the section.
        let line = line.strip_prefix('[').map_or_else(|| line.to_owned(), |rest| format!("[{path}.{rest}"));
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The plugins of this build and those that a program of somebody else's adds, in this order.
///
/// # Errors
/// `Bug` when two plugins of one family have the same kind: neither may hide the other.
pub fn table(added: &[&'static Plugin]) -> Result<Vec<&'static Plugin>> {
    let mut table: Vec<&'static Plugin> = Vec::new();
    for plugin in BUILT.iter().chain(added).copied() {
        if let Some(first) = find(&table, plugin.family(), plugin.kind) {
            let name = format!("{}-{}", plugin.family().prefix(), plugin.kind);
            let cause = format!("one comes from {}, the other from {}", first.origin, plugin.origin);
            return Err(Error::new(Kind::Bug, format!("two plugins are called {name}"))
                .with_cause(cause)
                .with_hint("leave one of them out, or give the plugin that was added another `kind`"));
        }
        table.push(plugin);
    }
    Ok(table)
}

/// The plugin of a family that a `kind` names.
pub fn find<'a>(table: &[&'a Plugin], family: Family, kind: &str) -> Option<&'a Plugin> {
    table.iter().copied().find(|plugin| plugin.family() == family && plugin.kind == kind)
}

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::Section;

    use super::*;

    #[test]
    fn every_example_is_what_the_settings_take() {
        for plugin in BUILT {
            let name = format!("{}-{}", plugin.family().prefix(), plugin.kind);
            let source = SourceText::new(name.as_str(), plugin.example);
            let section = Section::parse(name.as_str(), &source).unwrap();
            plugin.settings.check(section).unwrap_or_else(|error| panic!("{error:?}"));
        }
    }

    #[test]
    fn rows_say_the_same_as_the_constants_they_name() {
        for plugin in BUILT {
            let row = known(plugin.family(), plugin.kind);
            let feature = row.map(|row| row.feature);
            assert_eq!(row.map(|row| row.stage), Some(plugin.stage), "{}", plugin.kind);
            let own = format!("{}-{}", plugin.family().prefix(), plugin.kind);
            // A crate of several kinds has the feature of the first.
            let shared =
                KNOWN.iter().find(|row| Some(row.feature) == feature && row.family == plugin.family());
            let first = shared.map(|row| format!("{}-{}", row.family.prefix(), row.kind));
            assert!(feature == Some(own.as_str()) || feature == first.as_deref(), "{own}: {feature:?}");
        }
    }

    #[test]
    fn an_added_plugin_cannot_hide_another() {
        for plugin in BUILT {
            let error = table(&[plugin]).unwrap_err();
            let twice = format!("one comes from {0}, the other from {0}", plugin.origin);
            assert_eq!((error.kind(), error.cause()), (Kind::Bug, Some(twice.as_str())));
        }
        assert_eq!(table(&[]).unwrap().len(), BUILT.len());
    }
}
