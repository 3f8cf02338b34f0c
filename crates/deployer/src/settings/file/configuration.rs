//! `[configuration]`

use deployer_core::document::SourceText;
use deployer_core::error::Place;
use deployer_core::{Error, Result};
use deployer_engine::connect::LinkRule;
use deployer_engine::run::{Configuration, Connectors, FolderLayout};
use deployer_engine::stages::{Glob, Strictness, Whitelist};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::path::PathPattern;
use super::values::{PathsValue, WhitelistValue};
use crate::settings::merge::place;

/// The keys of the section.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigurationSection {
    /// Whose layout the folder has.
    #[serde(default)]
    layout: Layout,
    /// The folder of the entities, below the root of the source; `node`, or the root itself in the layouts `sesam-py` and `connector`.
    folder: Option<PathPattern>,
    /// What is deployed: a file with one path a line, such as `deployment/whitelist-{environment}.txt`, several of them, or globs;
    /// `false` deploys everything.
    whitelist: Option<WhitelistValue>,
    /// The files of variables, such as `variables/variables-{environment}.json`, merged in order; `false` for none.
    variables: Option<PathsValue>,
    /// The file of variables that is uploaded, where it is another one.
    upload_variables: Option<PathPattern>,
    /// What counts as a link between nodes.
    #[schemars(extend("default" = "full"))]
    links: Option<LinkRule>,
    /// Whether entities are given to the nodes that `metadata.node` names.
    #[schemars(extend("default" = true))]
    split: Option<bool>,
    /// The system name of the connector in `folder`; `xxxxxx`, as by Sesam's command-line tool.
    system: Option<String>,
    /// Whether connectors get a shim for each datatype: a pipe from its collect pipe to its share pipe. The connector in `folder` gets shims, those
    /// in `connectors` get none.
    shims: Option<bool>,
    /// The folders of connectors that are deployed beside `folder`, below the root of the source, such as `crm-connector`. The system of each has
    /// the folder's name up to the first dash.
    connectors: Option<Vec<PathPattern>>,
}

/// Whose layout the folder has: where the other keys start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Layout {
    /// The original deployer's: `node/` with `deployment/whitelist-<environment>.txt` and `variables/variables-<environment>.json`.
    #[default]
    Deployer,
    /// That of Sesam's command-line tool: `pipes/`, `systems/` and `<profile>-env.json` at the root, or a connector if there is a `manifest.json`.
    SesamPy,
    /// A connector of Sesam's command-line tool: `manifest.json` and templates at the root.
    Connector,
}

/// What Sesam's command-line tool uploads.
pub(in crate::settings) const UPLOADED_BY_SESAM_PY: [&str; 3] =
    ["node-metadata.conf.json", "pipes/**/*.conf.json", "systems/**/*.conf.json"];

impl Layout {
    fn folder(self) -> &'static str {
        match self {
            Self::Deployer => "node",
            Self::SesamPy | Self::Connector => "",
        }
    }

    fn whitelist(self, environment: &str) -> Result<Whitelist> {
        match self {
            Self::Deployer => Ok(Whitelist::list(format!("deployment/whitelist-{environment}.txt"))),
            Self::SesamPy | Self::Connector => {
                let include = UPLOADED_BY_SESAM_PY.iter().map(|glob| Glob::new(glob, None));
                Ok(Whitelist { include: include.collect::<Result<_>>()?, ..Whitelist::default() })
            }
        }
    }

    fn of_folder(self) -> FolderLayout {
        match self {
            Self::Deployer => FolderLayout::Deployer,
            Self::SesamPy => FolderLayout::SesamPy,
            Self::Connector => FolderLayout::Connector,
        }
    }

    fn variables(self, environment: &str) -> String {
        match self {
            Self::Deployer => format!("variables/variables-{environment}.json"),
            Self::SesamPy | Self::Connector => format!("{environment}-env.json"),
        }
    }
}

impl ConfigurationSection {
    /// The section with its defaults, its paths filled in.
    pub(super) fn fill(
        self,
        environment: &str,
        text: &SourceText,
        problems: &mut Vec<Error>,
    ) -> Configuration {
        let fill = |pattern: &PathPattern| pattern.fill(environment);
        let whitelist = match self.whitelist {
            Some(whitelist) => Ok(whitelist.fill(environment, text, problems)),
            None => self.layout.whitelist(environment),
        };
        Configuration {
            folder: self.folder.as_ref().map_or_else(|| self.layout.folder().to_owned(), fill),
            whitelist: whitelist.unwrap_or_else(|problem| {
                problems.push(problem);
                Whitelist::default()
            }),
            variables: match self.variables {
                Some(PathsValue(paths)) => paths.iter().map(fill).collect(),
                None => vec![self.layout.variables(environment)],
            },
            upload_variables: self.upload_variables.as_ref().map(fill),
            links: self.links.unwrap_or(LinkRule::Full),
            split: self.split.unwrap_or(true),
            strictness: Strictness::Strict,
            layout: self.layout.of_folder(),
            connectors: Connectors {
                folders: self.connectors.iter().flatten().map(fill).collect(),
                system: self.system,
                shims: self.shims,
            },
        }
    }
}

impl WhitelistValue {
    fn fill(self, environment: &str, text: &SourceText, problems: &mut Vec<Error>) -> Whitelist {
        let mut globs = |written: Vec<Spanned<PathPattern>>| {
            let mut globs = Vec::new();
            for pattern in written {
                let place: Place = place(text, &pattern.span());
                match Glob::new(&pattern.get_ref().fill(&Glob::escape(environment)), Some(place)) {
                    Ok(glob) => globs.push(glob),
                    Err(problem) => problems.push(problem.context("[configuration]")),
                }
            }
            globs
        };
        Whitelist {
            lists: self.files.iter().map(|path| path.fill(environment)).collect(),
            include: globs(self.include),
            exclude: globs(self.exclude),
        }
    }
}
