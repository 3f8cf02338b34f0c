//! The template folders of extra nodes.

use super::folder::Folder;
use super::loaded::Loaded;
use crate::connect::{EntityTemplate, TemplateKind, Templates};
use deployer_core::document::SourceText;
use deployer_core::error::{Error, Kind};
use deployer_core::model::{Entity, Origin};

/// The templates of an extra node. An absent template matters only if a pipe needs it.
pub(super) async fn templates(files: &Folder<'_>, path: Option<&str>, loaded: &mut Loaded) -> Templates {
    let Some(path) = path else { return Templates::default() };
    let mut templates = Templates::new(path);
    let paths = templates.paths();
    let answers = files.snapshot.read(&paths).await;
    if answers.iter().all(|answer| matches!(answer, Ok(None))) {
        let message =
            format!("the template folder {path:?} contains no template and no {}", Templates::METADATA);
        loaded.problems.push(Error::new(Kind::Verification, message).with_hint(
            "check the folder's name: it is relative to the root of the configuration, as extra_nodes/name",
        ));
    }
    for (at, (path, answer)) in paths.iter().zip(answers).enumerate() {
        let parsed = match answer {
            Ok(None) => continue,
            Ok(Some(bytes)) => SourceText::from_bytes(path.as_str(), bytes).and_then(|source| {
                let root = source.parse()?.root;
                Ok((source, root))
            }),
            Err(problem) => Err(problem),
        };
        match (parsed, TemplateKind::ALL.get(at)) {
            (Err(problem), _) => loaded.problems.push(problem),
            (Ok((source, root)), Some(kind)) => {
                templates.files.insert(*kind, EntityTemplate { source, root });
            }
            (Ok((source, root)), None) => {
                let (entities, mut problems) = Entity::all_of(root, &Origin::File(source));
                templates.metadata = entities;
                loaded.problems.append(&mut problems);
            }
        }
    }
    templates
}
