//! Examples of plugins' sections, as comments.

use deployer_core::document::SourceText;
use deployer_core::plugin::{Family, Plugin, Section};

use crate::plugins::find;
use crate::settings::toml_text::quoted;
use crate::settings::variables::Writer;

/// The examples of the plugins of this program.
#[derive(Debug)]
pub(super) struct Samples<'a>(pub(super) &'a [&'a Plugin]);

impl Samples<'_> {
    /// Writes a section for each plugin of a family.
    pub(super) fn write(&self, family: Family, section: &str, writer: &mut Writer) {
        for plugin in self.0.iter().filter(|plugin| plugin.family() == family) {
            writer.comment(&format!(
                "\n[{section}]\nkind = {}  # {}\n{}",
                quoted(plugin.kind),
                plugin.about,
                plugin.example
            ));
        }
    }

    /// Whether there is such a plugin, and it takes these settings.
    pub(super) fn accepts(&self, family: Family, kind: &str, text: &str) -> bool {
        let source = SourceText::new("a sample", text);
        let section = Section::parse(kind, &source);
        find(self.0, family, kind)
            .is_some_and(|plugin| section.is_ok_and(|section| plugin.settings.check(section).is_ok()))
    }
}
