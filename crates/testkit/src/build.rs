//! Builds a plugin as the program does, from the text of its settings.

use std::sync::Arc;

use deployer_core::Result;
use deployer_core::document::SourceText;
use deployer_core::plugin::{Build, Context, Plugin, ProcessVariables, Section};
use deployer_core::traits::{ConfigSource, LeasePlace, NodeTarget, Notifier, SecretStore, StatePlace};

/// A trait that plugins implement, as `dyn SecretStore`.
pub trait BuiltFrom {
    /// Where its settings are in a settings file.
    const SECTION: &'static str;

    /// Builds it; `None` if the plugin belongs to another family.
    fn from(build: Build, section: Section<'_>, context: &Context) -> Option<Result<Arc<Self>>>;
}

macro_rules! built_from {
    ($($built:ident $variant:ident $section:literal;)*) => {$(
        impl BuiltFrom for dyn $built {
            const SECTION: &'static str = $section;

            fn from(build: Build, section: Section<'_>, context: &Context) -> Option<Result<Arc<Self>>> {
                match build {
                    Build::$variant(build) => Some(build(section, context)),
                    _ => None,
                }
            }
        }
    )*};
}

built_from! {
    ConfigSource Source   "source";
    SecretStore  Store    "stores.main";
    NodeTarget   Target   "nodes.master.target";
    Notifier     Notifier "notify 1";
    StatePlace   State    "state";
    LeasePlace   Leases   "state";
}

/// Builds a plugin from its settings, which are TOML without `kind`, and environment variables. The settings are those of a file
/// `deployer.toml` of the environment `test`.
///
/// ```
/// use deployer_core::plugin::Plugin;
/// use deployer_core::traits::SecretStore;
/// use std::sync::Arc;
///
/// fn store(plugin: &Plugin) -> deployer_core::Result<Arc<dyn SecretStore>> {
///     deployer_testkit::build(plugin, "token = { env = \"TOKEN\" }", &[("TOKEN", "a token")])
/// }
/// ```
///
/// # Errors
/// What the plugin says of its settings.
///
/// # Panics
/// When the plugin belongs to another family than the type that is expected.
pub fn build<T: BuiltFrom + ?Sized>(
    plugin: &Plugin,
    settings: &str,
    variables: &[(&str, &str)],
) -> Result<Arc<T>> {
    let source = SourceText::new("deployer.toml", settings);
    let variables: ProcessVariables = variables.iter().copied().collect();
    let context = Context::new("test").with_variables(variables);
    let built = T::from(plugin.build, Section::parse(T::SECTION, &source)?, &context);
    built.unwrap_or_else(|| panic!("{} is a plugin of the family {}", plugin.kind, plugin.family().prefix()))
}
