//! A new commit, and the pack that carries it.

use std::collections::BTreeMap;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::date::Time;
use gix::objs::tree::EntryKind;
use gix_pack::data::output;

use crate::identity::Identity;
use crate::repository::{File, Repository, unreadable};

/// What a path of a folder is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The file as it is now.
    Keep(File),
    /// These bytes.
    Write(Vec<u8>),
}

/// A commit that exists here only, with the pack of everything the other side does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The id of the commit.
    pub id: ObjectId,
    /// The commit it stands on; none for the first commit of a repository.
    pub parent: Option<ObjectId>,
    pub(crate) pack: Vec<u8>,
}

impl Repository {
    /// Makes a commit in which a folder holds exactly `content` (paths below the folder) and everything else is as in `parent`;
    /// none when the folder already holds exactly that. Blocks; nothing is written to disk.
    ///
    /// # Errors
    /// `Verification` for a path that cannot be part of a git tree (`..`, `.git`, an empty part); `Unexpected` when the parent
    /// cannot be read.
    pub fn commit(
        &self,
        parent: Option<ObjectId>,
        folder: &str,
        content: &BTreeMap<String, Content>,
        message: &str,
        identity: &Identity,
    ) -> Result<Option<NewCommit>> {
        let mut repository = self.open()?.with_object_memory();
        let failed = |cause: gix::Error| unreadable("the base of the new commit", &cause);
        let before = match parent {
            Some(parent) => repository
                .find_commit(parent)
                .and_then(|commit| commit.tree_id().map(|tree| tree.detach()))
                .map_err(failed)?,
            None => repository.empty_tree().id,
        };
        let after = edit(&repository, before, folder, content)?;
        if after == before {
            return Ok(None);
        }
        let now = Time::now_utc();
        let (mut author, mut committer) =
            (gix::date::parse::TimeBuf::default(), gix::date::parse::TimeBuf::default());
        let id = repository
            .new_commit_as(
                identity.committer(now).to_ref(&mut committer),
                identity.author(now).to_ref(&mut author),
                message,
                after,
                parent,
            )
            .map_err(failed)?
            .id;
        // The memory holds exactly what is new: the commit, the changed trees, and blobs that the fetched commit does not have.
        let objects = repository.objects.take_object_memory().unwrap_or_default();
        let pack = pack(objects.iter()).map_err(|cause| {
            Error::new(Kind::Bug, format!("the commit {id} cannot be packed")).with_cause(cause)
        })?;
        Ok(Some(NewCommit { id, parent, pack }))
    }
}

/// Replaces a folder of a tree. Unchanged subtrees come out with the ids they had.
fn edit(
    repository: &gix::Repository,
    tree: ObjectId,
    folder: &str,
    content: &BTreeMap<String, Content>,
) -> Result<ObjectId> {
    let failed = |cause: gix::Error| unreadable("the base of the new commit", &cause);
    let mut editor = repository.edit_tree(tree).map_err(failed)?;
    editor.remove(folder).map_err(failed)?;
    for (path, content) in content {
        let path = format!("{folder}/{path}");
        check(&path)?;
        let (kind, id) = match content {
            Content::Keep(file) => (file.mode.kind(), file.id),
            Content::Write(bytes) => {
                (EntryKind::Blob, repository.write_blob(bytes).map_err(failed)?.detach())
            }
        };
        editor.upsert(path.as_str(), kind, id).map_err(failed)?;
    }
    Ok(editor.write().map_err(failed)?.detach())
}

/// Refuses what git refuses by default: `..`, `.git` in all its spellings, empty parts.
fn check(path: &str) -> Result<()> {
    for part in path.split('/') {
        gix::validate::path::component(
            part.into(),
            None,
            gix::validate::path::component::Options { protect_windows: false, ..Default::default() },
        )
        .map_err(|cause| {
            Error::new(Kind::Verification, format!("{path:?} cannot be a path in a git repository"))
                .with_cause(cause)
                .with_hint("rename the entity: its `_id` becomes the name of a file")
        })?;
    }
    Ok(())
}

/// Writes objects as a pack of whole objects (git's pack format, version 2).
fn pack<'a>(
    objects: impl Iterator<Item = (&'a ObjectId, &'a (gix::objs::Kind, Vec<u8>))>,
) -> gix::Result<Vec<u8>> {
    let mut objects: Vec<_> = objects.collect();
    objects.sort_by_key(|(id, _)| **id);
    let mut entries = Vec::with_capacity(objects.len());
    for (id, (kind, data)) in objects {
        let object = gix::objs::Data { kind: *kind, object_hash: gix::hash::Kind::Sha1, data };
        let count = output::Count::from_data(*id, None);
        entries.push(output::Entry::from_data(&count, &object, gix::zlib::Compression::default())?);
    }
    let number = u32::try_from(entries.len()).map_err(gix::Error::from_error)?;
    let mut pack = Vec::new();
    let writer = output::bytes::FromEntriesIter::new(
        std::iter::once(Ok(entries)),
        &mut pack,
        number,
        gix_pack::data::Version::V2,
        gix::hash::Kind::Sha1,
    );
    for written in writer {
        written?;
    }
    Ok(pack)
}
