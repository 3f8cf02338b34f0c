//! Reading.

use std::collections::BTreeSet;

use super::{FORMAT, FORMAT_WITH_MASKED, Masked, Purpose, Saved, SavedNode};
use deployer_core::document::{Node, SourceText, Value};
use deployer_core::error::{Error, Kind, Place, Result};
use deployer_core::model::{Desired, Entity, Origin, Revision, SecretName, Variables};

impl Saved {
    /// Reads a file.
    ///
    /// # Errors
    /// `Refused` for a file of another version; `Verification`, with the place, for one that is no such file.
    pub fn parse(source: &SourceText) -> Result<Self> {
        let root = source.parse()?.root;
        let reading = Reading { source };
        let format = reading.member(&root, "format")?;
        let Value::Number(number) = &format.value else { return Err(reading.unfit(format, "a number")) };
        if !number.as_u64().is_some_and(|format| [FORMAT, FORMAT_WITH_MASKED].contains(&format)) {
            let message = format!(
                "the file has format {}, this program reads formats {FORMAT} and {FORMAT_WITH_MASKED}",
                number.as_text()
            );
            return Err(Error::new(Kind::Refused, message)
                .at(reading.place(format))
                .with_hint("plan again with this program, or use the program that made the file"));
        }
        let word = reading.member(&root, "purpose")?;
        let purpose = [Purpose::Plan, Purpose::Snapshot]
            .into_iter()
            .find(|purpose| word.as_str() == Some(purpose.word()));
        Ok(Self {
            purpose: purpose.ok_or_else(|| reading.unfit(word, "`plan` or `snapshot`"))?,
            environment: reading.text(&root, "environment")?.to_owned(),
            revision: reading.revision(reading.member(&root, "revision")?)?,
            replaced_by: root.get("replaced_by").map_or(Ok(None), |node| reading.revision(node))?,
            epoch: match root.get("epoch").map(|node| &node.value) {
                Some(Value::Number(epoch)) => epoch.as_u64(),
                _ => None,
            },
            nodes: reading
                .list(&root, "nodes")?
                .iter()
                .map(|node| reading.node(node))
                .collect::<Result<_>>()?,
        })
    }
}

/// A file being read.
struct Reading<'a> {
    source: &'a SourceText,
}

impl Reading<'_> {
    fn revision(&self, node: &Node) -> Result<Option<Revision>> {
        match node {
            Node { value: Value::Null, .. } => Ok(None),
            node => Ok(Some(node.as_str().ok_or_else(|| self.unfit(node, "a text or null"))?.into())),
        }
    }

    fn node(&self, node: &Node) -> Result<SavedNode> {
        let entities = self
            .list(node, "entities")?
            .iter()
            .enumerate()
            .map(|(position, entity)| self.entity(entity, position));
        let entities = entities.collect::<Result<_>>()?;
        let variables = match self.member(node, "variables")? {
            Node { value: Value::Null, .. } => None,
            variables => Some(Variables::from_document(variables, self.source)?),
        };
        let secrets = match self.member(node, "secrets")? {
            Node { value: Value::Null, .. } => None,
            names => Some(self.names(names, "a list of names or null")?),
        };
        let systems = self.member(node, "system_secrets")?;
        let systems = systems.value.as_object().ok_or_else(|| self.unfit(systems, "an object"))?.members();
        let system_secrets = systems
            .iter()
            .map(|member| Ok((member.key.to_string(), self.names(&member.node, "a list of names")?)));
        let system_secrets = system_secrets.collect::<Result<_>>()?;
        Ok(SavedNode {
            node: self.text(node, "node")?.into(),
            target: self.text(node, "target")?.to_owned(),
            base: self.text(node, "base")?.into(),
            desired: Desired::default()
                .with_entities(entities)
                .with_variables(variables)
                .with_secrets(secrets)
                .with_system_secrets(system_secrets),
            masked: Masked {
                entities: self.texts(node, "masked_entities")?,
                variables: self.texts(node, "masked_variables")?,
            },
        })
    }

    /// A list of texts, which a file of an earlier version does not have.
    fn texts(&self, node: &Node, key: &str) -> Result<BTreeSet<String>> {
        let Some(list) = node.get(key) else { return Ok(BTreeSet::new()) };
        let texts = list.value.as_array().ok_or_else(|| self.unfit(list, "a list"))?;
        let text = |text: &Node| Ok(text.as_str().ok_or_else(|| self.unfit(text, "a text"))?.to_owned());
        texts.iter().map(text).collect()
    }

    fn names(&self, node: &Node, expected: &str) -> Result<BTreeSet<SecretName>> {
        let names = node.value.as_array().ok_or_else(|| self.unfit(node, expected))?;
        let name =
            |name: &Node| Ok(SecretName::from(name.as_str().ok_or_else(|| self.unfit(name, "a text"))?));
        names.iter().map(name).collect()
    }

    /// An entity; a snapshot can have one that only ever ran on its node.
    fn entity(&self, node: &Node, position: usize) -> Result<Entity> {
        let place = Place::parse(self.text(node, "origin")?);
        let origin = Origin::Saved { file: self.source.clone(), place };
        Ok(Entity::running(self.member(node, "entity")?.clone(), origin, position)?.0)
    }

    fn member<'n>(&self, node: &'n Node, key: &str) -> Result<&'n Node> {
        node.get(key).ok_or_else(|| self.unfit(node, &format!("an object with {key:?}")))
    }

    fn text<'n>(&self, node: &'n Node, key: &str) -> Result<&'n str> {
        let member = self.member(node, key)?;
        member.as_str().ok_or_else(|| self.unfit(member, "a text"))
    }

    fn list<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node]> {
        let member = self.member(node, key)?;
        member.value.as_array().ok_or_else(|| self.unfit(member, "a list"))
    }

    fn place(&self, node: &Node) -> Place {
        self.source.place(node.span.start)
    }

    fn unfit(&self, node: &Node, expected: &str) -> Error {
        let message =
            format!("this is no plan or snapshot: expected {expected}, found {}", node.value.kind_name());
        Error::new(Kind::Verification, message)
            .at(self.place(node))
            .with_hint("name a file that `plan --out FILE` or a deploy's snapshot made")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::{Strictness, read_entities};

    const TEXT: &str = r#"[{"_id": "a", "type": "pipe", "n": 1.50, "t": "$SECRET(s)"}]"#;

    fn saved() -> Saved {
        let read = read_entities(&[SourceText::new("pipes/a.conf.json", TEXT)], Strictness::Strict);
        let variables = SourceText::new("v.json", r#"{"host": "h", "port": 12345678901234567890}"#);
        let variables = Variables::from_document(&variables.parse().unwrap().root, &variables).unwrap();
        let desired = Desired::default()
            .with_entities(read.entities)
            .with_variables(Some(variables))
            .with_secrets(Some(["s".into()].into()))
            .with_system_secrets([("crm".to_owned(), ["own".into()].into())].into());
        let node = SavedNode::new("master".into(), "here".into(), "1".into(), desired);
        Saved::new(Purpose::Plan, "test".to_owned(), Some("r".into()), vec![node])
    }

    #[test]
    fn what_was_written_is_read_back_as_it_was() {
        let mut written = saved();
        written.epoch = Some(17);
        let text = written.to_text();
        let read = Saved::parse(&SourceText::new("plan.json", text.as_str())).unwrap();
        assert_eq!(read.to_text(), text);
        let entity = &read.nodes[0].desired.entities[0];
        assert_eq!(entity.place().to_string(), "pipes/a.conf.json:1:2");
        assert!(
            text.contains("1.50") && text.contains("12345678901234567890"),
            "numbers keep their text: {text}"
        );
    }

    #[test]
    fn a_file_of_another_version_purpose_environment_or_base_is_refused() {
        let text = saved().to_text();
        let newer = SourceText::new("plan.json", text.replace("\"format\": 1", "\"format\": 3"));
        assert_eq!(Saved::parse(&newer).unwrap_err().kind(), Kind::Refused);
        let saved = saved();
        assert_eq!(saved.require(Purpose::Snapshot, "test").unwrap_err().kind(), Kind::Refused);
        assert_eq!(saved.require(Purpose::Plan, "prod").unwrap_err().kind(), Kind::Refused);
        assert!(saved.require(Purpose::Plan, "test").is_ok());
        let moved = saved.require_bases([(&"master".into(), &"2".into())]).unwrap_err();
        assert!(moved.related()[0].message().contains("node master has changed"), "{moved:?}");
        assert!(saved.require_bases([(&"master".into(), &"1".into())]).is_ok());
        let elsewhere = saved.require_targets([(&"master".into(), "there".to_owned())]).unwrap_err();
        assert_eq!(
            (elsewhere.kind(), elsewhere.message()),
            (Kind::Refused, "node master: the plan was made for here, not for there")
        );
        assert!(saved.require_targets([(&"master".into(), "here".to_owned())]).is_ok());
    }

    #[test]
    fn any_other_json_is_an_error_with_its_place() {
        for (text, place) in
            [("{}", "x.json:1:1"), (r#"{"format": 1, "purpose": 3}"#, "x.json:1:26"), ("[1]", "x.json:1:1")]
        {
            let error = Saved::parse(&SourceText::new("x.json", text)).unwrap_err();
            assert_eq!(
                (error.kind(), error.places()[0].to_string().as_str()),
                (Kind::Verification, place),
                "{text}"
            );
        }
    }
}
