#![doc = include_str!("../README.md")]

mod errors;
mod list;
mod opened;
mod read;
mod root;
mod settings;
mod source;

use std::sync::Arc;

use deployer_core::plugin::{Build, Plugin, SettingsType};

/// `kind = "folder"`: a folder of this machine.
pub const FOLDER: Plugin = Plugin::new(
    "folder",
    deployer_core::origin!(),
    SettingsType::of::<settings::Settings>(),
    Build::Source(|section, context| {
        let settings: settings::Settings = section.read()?;
        Ok(Arc::new(source::Folder::new(context.path(settings.path), context.secret_files.clone())))
    }),
)
.with_about("A folder of this machine")
.stable()
.with_example("path = \"configuration\"\n");

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Context, Section};
    use deployer_core::traits::ConfigSource;
    use deployer_core::{Kind, Result};

    use super::*;

    fn build(text: &str) -> Result<Arc<dyn ConfigSource>> {
        let source = SourceText::new("deployer.toml", text);
        let Build::Source(build) = FOLDER.build else { unreachable!("it is a source") };
        build(Section::parse("source", &source)?, &Context::new("test"))
    }

    #[test]
    fn the_example_builds_and_a_typo_is_refused() {
        assert_eq!(build(FOLDER.example).unwrap().location(), "configuration");
        let error = build(&FOLDER.example.replace("path", "pat")).unwrap_err();
        assert_eq!(error.kind(), Kind::Settings);
        assert_eq!(error.places()[0].to_string(), "deployer.toml:1:1");
        assert_eq!(error.hints(), ["did you mean `path`?"]);
    }
}
