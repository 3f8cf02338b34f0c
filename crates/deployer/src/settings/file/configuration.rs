//! `[configuration]`

use deployer_core::Error;
use deployer_engine::connect::LinkRule;
use deployer_engine::run::{Configuration, Connectors, FolderLayout};
use deployer_engine::stages::{Glob, Strictness, Whitelist};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::PathPattern;
use super::source::Tables;
use super::values::{PathsValue, UploadedFile, WhitelistTable, WhitelistValue};
use crate::settings::declare::section;

section! {
    /// How the configuration is laid out.
    pub(crate) struct ConfigurationSection {
        /// Whose layout the folder has.
        layout: Layout = Layout::Deployer,
        /// The folder of the entities, below the root of the source; `node`, or the root itself (`.`) in the layouts `sesam-py` and
        /// `connector`.
        folder: Option<PathPattern> = None,
        /// What is deployed: a file with one path per line, such as `deployment/whitelist-{environment}.txt`, several of them, or globs;
        /// `false` deploys everything.
        whitelist: Option<WhitelistValue> = None,
        /// The files of variables, such as `variables/variables-{environment}.json`, merged in order; `false` for none.
        variables: Option<PathsValue> = None,
        /// The file of variables that is uploaded, if it is another one.
        upload_variables: Option<UploadedFile> = None,
        /// What counts as a link between nodes.
        links: LinkRule = LinkRule::Full,
        /// Whether entities are given to the nodes that `metadata.node` names.
        split: bool = true,
        /// The system name of the connector in `folder`; `xxxxxx`, as by Sesam's command-line tool.
        system: Option<String> = None,
        /// Whether connectors get a shim for each datatype: a pipe from its collect pipe to its share pipe. The connector in `folder` gets
        /// shims, those in `connectors` get none.
        shims: Option<bool> = None,
        /// The folders of connectors that are deployed beside `folder`, below the root of the source, such as `crm-connector`. The system of
        /// each has the folder's name up to the first dash.
        connectors: Option<Vec<PathPattern>> = None,
    }
}

/// Whose layout the folder has: it decides the defaults of the other keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    /// The original deployer's: `node/` with `deployment/whitelist-<environment>.txt` and `variables/variables-<environment>.json`.
    #[default]
    Deployer,
    /// That of Sesam's command-line tool: `pipes/`, `systems/` and `<profile>-env.json` at the root, or a connector if there is a
    /// `manifest.json`.
    SesamPy,
    /// A connector of Sesam's command-line tool: `manifest.json` and templates at the root.
    Connector,
}

/// The files that Sesam's command-line tool uploads.
const UPLOADED_BY_SESAM_PY: [&str; 3] =
    ["node-metadata.conf.json", "pipes/**/*.conf.json", "systems/**/*.conf.json"];

impl ConfigurationSection {
    /// Fills in the defaults of the layout.
    pub(super) fn complete(&mut self) {
        let path = |text: &str| PathPattern::parse(text).ok();
        let (folder, whitelist, variables) = match self.layout {
            Layout::Deployer => {
                let whitelist = path("deployment/whitelist-{environment}.txt").map(PathsValue::One);
                ("node", whitelist.map(WhitelistValue::Files), "variables/variables-{environment}.json")
            }
            Layout::SesamPy | Layout::Connector => {
                let include = UPLOADED_BY_SESAM_PY.iter().filter_map(|glob| path(glob)).collect();
                let table = WhitelistTable { include: Some(include), ..WhitelistTable::default() };
                (".", Some(WhitelistValue::Globs(table)), "{environment}-env.json")
            }
        };
        self.folder = self.folder.take().or_else(|| path(folder));
        self.whitelist = self.whitelist.take().or(whitelist);
        self.variables = self.variables.take().or_else(|| path(variables).map(PathsValue::One));
    }

    /// What the section says for an environment, its paths filled in.
    pub(super) fn read(
        &self,
        environment: &str,
        tables: Tables<'_>,
        problems: &mut Vec<Error>,
    ) -> Configuration {
        let fill = |path: &PathPattern| path.fill(environment);
        Configuration {
            folder: self.folder.as_ref().map(fill).unwrap_or_default(),
            whitelist: self.whitelist(environment, tables, problems),
            variables: self.variables.iter().flat_map(PathsValue::paths).map(fill).collect(),
            upload_variables: self.upload_variables.as_ref().map(|file| fill(&file.0)),
            links: self.links,
            split: self.split,
            strictness: Strictness::Strict,
            layout: match self.layout {
                Layout::Deployer => FolderLayout::Deployer,
                Layout::SesamPy => FolderLayout::SesamPy,
                Layout::Connector => FolderLayout::Connector,
            },
            connectors: Connectors {
                folders: self.connectors.iter().flatten().map(fill).collect(),
                system: self.system.clone(),
                shims: self.shims,
            },
        }
    }

    fn whitelist(&self, environment: &str, tables: Tables<'_>, problems: &mut Vec<Error>) -> Whitelist {
        let lists = |files: &PathsValue| files.paths().iter().map(|path| path.fill(environment)).collect();
        let mut globs = |key: &str, patterns: &Option<Vec<PathPattern>>| {
            let mut globs = Vec::new();
            for (at, pattern) in patterns.iter().flatten().enumerate() {
                let path = ["configuration", "whitelist", key, &at.to_string()];
                let place = tables.value(&path).map(|_| tables.place(&path));
                match Glob::new(&pattern.fill(&Glob::escape(environment)), place) {
                    Ok(glob) => globs.push(glob),
                    Err(problem) => problems.push(problem.context("[configuration] whitelist")),
                }
            }
            globs
        };
        match &self.whitelist {
            Some(WhitelistValue::Files(files)) => Whitelist { lists: lists(files), ..Whitelist::default() },
            Some(WhitelistValue::Globs(table)) => Whitelist {
                lists: table.files.as_ref().map(lists).unwrap_or_default(),
                include: globs("include", &table.include),
                exclude: globs("exclude", &table.exclude),
            },
            Some(WhitelistValue::Everything(_)) | None => Whitelist::everything(),
        }
    }
}
