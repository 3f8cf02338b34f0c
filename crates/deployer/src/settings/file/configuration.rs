//! `[configuration]`

use std::slice::from_ref;

use deployer_engine::connect::LinkRule;
use deployer_engine::run::{Configuration, Connectors, FolderLayout};
use deployer_engine::stages::{Glob, Strictness, Whitelist};

use super::path::PathPattern;
use super::tables::Tables;
use super::values::{PathsValue, UploadedFile, WhitelistTable, WhitelistValue};
use crate::settings::declare::section;
use crate::settings::parts::SettingsSource;

section! {
    /// How the configuration is laid out.
    pub(crate) struct ConfigurationSection {
        /// Whose layout the folder has.
        layout: FolderLayout = FolderLayout::Deployer,
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

/// The files that Sesam's command-line tool uploads.
const UPLOADED_BY_SESAM_PY: [&str; 3] =
    ["node-metadata.conf.json", "pipes/**/*.conf.json", "systems/**/*.conf.json"];

impl ConfigurationSection {
    /// Fills in the defaults of the layout.
    pub(super) fn complete(&mut self) {
        let path = |text: &str| PathPattern::parse(text).ok();
        let (folder, whitelist, variables) = match self.layout {
            FolderLayout::Deployer => {
                let whitelist = path("deployment/whitelist-{environment}.txt").map(WhitelistValue::File);
                ("node", whitelist, "variables/variables-{environment}.json")
            }
            FolderLayout::SesamPy | FolderLayout::Connector => {
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
    pub(super) fn read(&self, environment: &str, tables: Tables<'_>) -> Configuration {
        let fill = |path: &PathPattern| path.fill(environment);
        let is_file = tables.origin.source != SettingsSource::Variables;
        Configuration {
            folder: self.folder.as_ref().map(fill).unwrap_or_default(),
            whitelist: self.whitelist(environment, tables),
            variables: self.variables.iter().flat_map(PathsValue::paths).map(fill).collect(),
            upload_variables: self.upload_variables.as_ref().map(|UploadedFile::Path(path)| fill(path)),
            links: self.links,
            split: self.split,
            strictness: if is_file { Strictness::Strict } else { Strictness::Lenient },
            layout: self.layout,
            connectors: Connectors {
                folders: self.connectors.iter().flatten().map(fill).collect(),
                system: self.system.clone(),
                shims: self.shims,
            },
        }
    }

    fn whitelist(&self, environment: &str, tables: Tables<'_>) -> Whitelist {
        let no_globs = WhitelistTable::default();
        let (files, table) = match &self.whitelist {
            Some(WhitelistValue::Everything(_)) | None => return Whitelist::everything(),
            Some(WhitelistValue::File(path)) => (Some(from_ref(path)), &no_globs),
            Some(WhitelistValue::Files(paths)) => (Some(paths.as_slice()), &no_globs),
            Some(WhitelistValue::Globs(table)) => (table.files.as_ref().map(PathsValue::paths), table),
        };
        let label = "[configuration] whitelist";
        let reject =
            |message| tables.reject(&["configuration", "whitelist"], format!("{label}: {message}"), "");
        if files.is_none() && table.include.is_none() && table.exclude.is_none() {
            reject("expected `files`, `include` or `exclude`".to_owned());
        }
        for (key, patterns) in [("files", files), ("include", table.include.as_deref())] {
            // It would mean every file, which is hardly intended.
            if patterns.is_some_and(<[PathPattern]>::is_empty) {
                let instead = "write `whitelist = false` for every file";
                reject(format!("`{key}` of the whitelist is empty; {instead}"));
            }
        }
        let glob = |key: &str, at: usize, pattern: &PathPattern| {
            let path = ["configuration", "whitelist", key, &at.to_string()];
            let place = tables.value(&path).map(|_| tables.place(&path));
            let glob = Glob::new(&pattern.fill(&Glob::escape(environment)), place);
            glob.map_err(|problem| tables.add(problem.context(label))).ok()
        };
        let globs = |key: &str, patterns: &Option<Vec<PathPattern>>| {
            let patterns = patterns.iter().flatten().enumerate();
            patterns.filter_map(|(at, pattern)| glob(key, at, pattern)).collect()
        };
        Whitelist {
            lists: files.unwrap_or_default().iter().map(|path| path.fill(environment)).collect(),
            include: globs("include", &table.include),
            exclude: globs("exclude", &table.exclude),
        }
    }
}
