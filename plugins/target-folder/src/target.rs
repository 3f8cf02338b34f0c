//! The folder or archive as a target of deployments.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::layout::{Layout, variables_path};
use deployer_core::model::{Fingerprint, NodePlan, Observed};
use deployer_core::plugin::{Context, blocking};
use deployer_core::traits::{NodeTarget, Secrets, Step, TargetCapabilities};
use deployer_core::{Error, Kind, Result};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, Files};
use crate::settings::{Format, Settings};
use crate::step::Write;
use crate::{archive, content, errors};

/// A folder or an archive in the layout of a node.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    environment: String,
    format: Format,
    /// The archive's name in its folder; empty for a folder.
    archive: String,
    disk: Arc<Disk>,
}

/// The present files.
struct State {
    /// The files on disk.
    on_disk: Files,
    /// The files of the node: those on disk, or those in the archive.
    files: Files,
    layout: Layout,
    base: Fingerprint,
}

impl Folder {
    /// Takes the settings; looks at no file.
    pub(crate) fn new(settings: &Settings, context: &Context) -> Result<Self> {
        let environment = context.environment.clone();
        if environment.is_empty() || environment.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
        {
            return Err(errors::no_file_name(&environment));
        }
        let path = plain(&context.path(&settings.path));
        if settings.path.as_os_str().is_empty() {
            return Err(errors::no_path(&settings.path));
        }
        let format = settings.format();
        let (archive, disk) = match format {
            Format::Folder => {
                let ours = ["node-metadata.conf.json", "pipes", "systems", "unknown"].map(str::to_owned);
                let ours = ours.into_iter().chain([variables_path(&environment)]);
                (String::new(), Disk::new(path.clone(), ours, ""))
            }
            Format::Zip => {
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.ok_or_else(|| errors::no_path(&settings.path))?.to_owned();
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                (name.clone(), Disk::new(folder, [name.clone()], &name))
            }
        };
        Ok(Self { path, environment, format, archive, disk: Arc::new(disk) })
    }

    async fn look(&self) -> Result<State> {
        let (disk, archive) = (Arc::clone(&self.disk), self.archive_path());
        let read = move || match archive.filter(|archive| archive.is_dir()) {
            Some(folder) => Err(errors::failed("write", &folder, &io::ErrorKind::IsADirectory.into())),
            None => disk.read(),
        };
        let on_disk = blocking("read files", read).await?;
        let archived = on_disk.get(&self.archive);
        let unpacked = archived.map(|bytes| archive::unpack(bytes));
        let mut layout;
        let files = match self.format {
            Format::Folder => {
                layout = self.layout(&on_disk);
                on_disk.clone()
            }
            Format::Zip => {
                let files = unpacked.clone().flatten().unwrap_or_default();
                layout = self.layout(&files);
                let is_broken = unpacked == Some(None);
                layout
                    .stray
                    .extend(on_disk.keys().filter(|path| **path != self.archive || is_broken).cloned());
                files
            }
        };
        let base = fingerprint(&on_disk);
        Ok(State { on_disk, files, layout, base })
    }

    fn archive_path(&self) -> Option<PathBuf> {
        (self.format == Format::Zip).then(|| self.path.clone())
    }

    fn layout(&self, files: &Files) -> Layout {
        Layout::read(
            files.iter().map(|(path, content)| (path.as_str(), Some(&**content))),
            "",
            &self.environment,
        )
    }

    /// The files on disk for files of the node.
    fn on_disk(&self, files: Files) -> Result<Files> {
        match self.format {
            Format::Folder => Ok(files),
            Format::Zip => {
                let packed = archive::pack(&files).map_err(|cause| {
                    Error::new(Kind::Verification, format!("{} cannot be packed", self.location()))
                        .with_cause(cause)
                })?;
                Ok([(self.archive.clone(), Arc::from(packed))].into())
            }
        }
    }
}

/// The path without `.` in it.
fn plain(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().collect();
    path.strip_prefix(".").map(PathBuf::from).unwrap_or(path)
}

/// A digest of paths and contents.
fn fingerprint(files: &Files) -> Fingerprint {
    let mut digest = Sha256::new();
    for part in files.iter().flat_map(|(path, content)| [path.as_bytes(), content]) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digits = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Fingerprint::new(digits)
}

#[async_trait]
impl NodeTarget for Folder {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn capabilities(&self) -> TargetCapabilities {
        let mut capabilities = TargetCapabilities::default();
        capabilities.variables = true;
        capabilities.conditional_write = true;
        capabilities
    }

    async fn observe(&self) -> Result<Observed> {
        self.disk.check_writable()?;
        let State { layout, base, .. } = self.look().await?;
        let mut observed = Observed::new(base, layout.all_entities());
        observed.variables = layout.variables;
        observed.stray = layout.stray;
        Ok(observed)
    }

    async fn prepare(&self, plan: &NodePlan, _secrets: &Secrets) -> Result<Vec<Box<dyn Step>>> {
        if self.format == Format::Folder {
            content::check_names(&plan.desired)?;
        }
        let state = self.look().await?;
        if state.base != plan.base {
            return Err(errors::changed(&self.location()));
        }
        let wanted = content::wanted(&plan.desired, &state.files, &state.layout, &self.environment)?;
        if wanted == state.files && state.layout.stray.is_empty() {
            return Ok(Vec::new());
        }
        let written =
            wanted.iter().filter(|(path, content)| state.files.get(*path) != Some(*content)).count();
        let removed = state.files.keys().filter(|path| !wanted.contains_key(*path)).count();
        let name = match self.format {
            Format::Folder => "write the folder",
            Format::Zip => "write the archive",
        };
        let (before, after) = (Arc::new(state.on_disk), Arc::new(self.on_disk(wanted)?));
        Ok(vec![Box::new(Write { disk: Arc::clone(&self.disk), name, before, after, written, removed })])
    }
}
