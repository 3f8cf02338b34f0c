//! A connector: its manifest and its templates.

use std::collections::BTreeMap;

use deployer_core::document::SourceText;
use deployer_core::error::Result;

use crate::manifest::{Manifest, byte_order_mark};
use crate::marks::includes;
use crate::paths::inside;

/// The file that makes a folder a connector.
pub const MANIFEST: &str = "manifest.json";

/// A connector whose files are being read.
#[derive(Debug)]
pub struct Connector {
    pub(crate) manifest: Manifest,
    /// The templates that were read, by their paths below the connector's folder. `None` for a file that does not exist.
    pub(crate) templates: BTreeMap<String, Option<SourceText>>,
}

impl Connector {
    /// Reads a manifest. Paths in messages are those of the files that the caller gives.
    ///
    /// # Errors
    /// `Verification`, with a related error for each problem of the manifest.
    pub fn read(manifest: &SourceText) -> Result<Self> {
        Ok(Self { manifest: Manifest::read(manifest)?, templates: BTreeMap::new() })
    }

    /// The templates that are named and were not given yet, below the connector's folder. Give them until there are none left: a
    /// template can include others.
    pub fn missing(&self) -> Vec<String> {
        let datatypes = self.manifest.datatypes.iter().map(|datatype| datatype.template.path.clone());
        let system = self.manifest.system_template.iter().map(|template| template.path.clone());
        let texts = self.templates.values().flatten();
        let included = texts.flat_map(|text| includes(text.text())).filter_map(|path| inside(&path));
        let mut paths: Vec<String> = system.chain(datatypes).chain(included).collect();
        paths.sort();
        paths.dedup();
        paths.retain(|path| !self.templates.contains_key(path));
        paths
    }

    /// Gives a template. `None` if the file does not exist.
    ///
    /// # Errors
    /// `Verification` if the file begins with a byte order mark.
    pub fn give(&mut self, path: impl Into<String>, text: Option<SourceText>) -> Result<()> {
        let marked = text.as_ref().filter(|text| text.byte_order_mark()).map(byte_order_mark);
        self.templates.insert(path.into(), text.map(|text| with_unix_line_ends(&text)));
        marked.map_or(Ok(()), Err)
    }

    /// The names of the additional parameters: variables that the connector needs, beside those that its templates name.
    pub fn additional_parameters(&self) -> &[String] {
        &self.manifest.additional_parameters
    }
}

/// Jinja reads all line ends as newlines.
fn with_unix_line_ends(text: &SourceText) -> SourceText {
    if !text.text().contains('\r') {
        return text.clone();
    }
    SourceText::new(text.file().clone(), text.text().replace("\r\n", "\n").replace('\r', "\n"))
}
