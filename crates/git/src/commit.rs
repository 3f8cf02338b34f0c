//! A new commit, and the pack that carries it.

use std::collections::BTreeMap;

use deployer_core::{Error, Kind, Result};
use gix::ObjectId;
use gix::date::Time;
use gix::hash::Kind as Hash;
use gix::objs::tree::{Editor, EntryKind};
use gix::objs::{FindExt, WriteTo};
use gix_pack::data::output;

use crate::entry::File;
use crate::identity::Identity;
use crate::pack::id_of;
use crate::repository::{Repository, unreadable};

/// The content of a path in the new commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The file as it is now.
    Keep(File),
    /// These bytes.
    Write(Vec<u8>),
}

/// A commit that is not pushed yet, with the pack of all objects that the host does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The id of the commit.
    pub id: ObjectId,
    /// Its parent; `None` for the first commit of a repository.
    pub parent: Option<ObjectId>,
    pub(crate) pack: Vec<u8>,
}

impl Repository {
    /// Makes a commit in which a folder has exactly `content` (paths below the folder) and everything else is as in `parent`; `None` if
    /// the folder has this content already. Computes for long; nothing is written to disk.
    ///
    /// # Errors
    /// `Verification` for a path that cannot be part of a git tree (`..`, `.git`, an empty part); `Unexpected` if the parent cannot be
    /// read.
    pub fn commit(
        &self,
        parent: Option<ObjectId>,
        folder: &str,
        content: &BTreeMap<String, Content>,
        message: &str,
        identity: &Identity,
    ) -> Result<Option<NewCommit>> {
        let mut new = NewObjects { repository: self, objects: BTreeMap::new() };
        let failed = |cause: gix::Error| unreadable("the base of the new commit", &cause);
        let before = match parent {
            Some(parent) => self.tree_of(parent).map_err(failed)?,
            None => ObjectId::empty_tree(Hash::Sha1),
        };
        let after = new.edit(before, folder, content)?;
        if after == before {
            return Ok(None);
        }
        let now = Time::now_utc();
        let commit = gix::objs::Commit {
            tree: after,
            parents: parent.into_iter().collect(),
            author: identity.author(now),
            committer: identity.committer(now),
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        let id = new.write(&commit).map_err(failed)?;
        let pack = pack(&new.objects).map_err(|cause| {
            Error::new(Kind::Bug, format!("the commit {id} cannot be packed")).with_cause(cause)
        })?;
        Ok(Some(NewCommit { id, parent, pack }))
    }
}

/// The objects that a new commit has and the fetched repository has not: the commit, the changed trees, and new blobs.
struct NewObjects<'a> {
    repository: &'a Repository,
    objects: BTreeMap<ObjectId, (gix::objs::Kind, Vec<u8>)>,
}

impl NewObjects<'_> {
    /// Replaces a folder of a tree. Unchanged subtrees keep their ids.
    fn edit(
        &mut self,
        tree: ObjectId,
        folder: &str,
        content: &BTreeMap<String, Content>,
    ) -> Result<ObjectId> {
        let failed = |cause: gix::Error| unreadable("the base of the new commit", &cause);
        let mut buffer = Vec::new();
        let repository = self.repository;
        let root = repository.find_tree(&tree, &mut buffer).map_err(failed)?.into_owned();
        let mut editor = Editor::new(root, repository, Hash::Sha1);
        editor.remove(folder.split('/')).map_err(failed)?;
        for (path, content) in content {
            let path = format!("{folder}/{path}");
            check(&path)?;
            let (kind, id) = match content {
                Content::Keep(file) => (file.mode.kind(), file.id),
                Content::Write(bytes) => {
                    (EntryKind::Blob, self.add(gix::objs::Kind::Blob, bytes.clone()).map_err(failed)?)
                }
            };
            editor.upsert(path.split('/'), kind, id).map_err(failed)?;
        }
        editor.write(|tree| self.write(tree)).map_err(failed)
    }

    fn write(&mut self, object: &impl WriteTo) -> gix::Result<ObjectId> {
        let mut content = Vec::new();
        object.write_to(&mut content).map_err(gix::Error::from_error)?;
        self.add(object.kind(), content)
    }

    fn add(&mut self, kind: gix::objs::Kind, content: Vec<u8>) -> gix::Result<ObjectId> {
        let id = id_of(kind, &content)?;
        if !self.repository.contains(&id) {
            self.objects.insert(id, (kind, content));
        }
        Ok(id)
    }
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
fn pack(objects: &BTreeMap<ObjectId, (gix::objs::Kind, Vec<u8>)>) -> gix::Result<Vec<u8>> {
    let mut entries = Vec::with_capacity(objects.len());
    for (id, (kind, data)) in objects {
        let object = gix::objs::Data { kind: *kind, object_hash: Hash::Sha1, data };
        let count = output::Count::from_data(*id, None);
        // The files are small, so that the best compression would take more time than it saves on the way.
        entries.push(output::Entry::from_data(&count, &object, gix::zlib::Compression::BEST_SPEED)?);
    }
    let number = u32::try_from(entries.len()).map_err(gix::Error::from_error)?;
    let mut pack = Vec::new();
    let writer = output::bytes::FromEntriesIter::new(
        std::iter::once(Ok(entries)),
        &mut pack,
        number,
        gix_pack::data::Version::V2,
        Hash::Sha1,
    );
    for written in writer {
        written?;
    }
    Ok(pack)
}
