//! Configuration as a zip archive, one file per entity.

use std::io::{Cursor, Read, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::config::issue::{EntityReport, Report};
use crate::config::kinds::EntityKind;
use crate::exact::ExactJson;
use crate::reformat;

/// The largest content of an archive, unpacked, in bytes.
const LIMIT: u64 = 512 * 1024 * 1024;

/// Reads the entities of all JSON members. A member contains one entity or a list. The report names every unreadable member.
pub(crate) fn read(content: &[u8], only_conf_json: bool) -> Result<Vec<ExactJson>, Report> {
    let damaged = |_| Report::of_upload("The document is not a readable zip archive.");
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(damaged)?;
    let mut entities = Vec::new();
    let mut report = Report::default();
    let mut remaining = LIMIT;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.into_owned();
        let is_configuration = name.ends_with(if only_conf_json { ".conf.json" } else { ".json" });
        if member.is_dir() || !is_configuration {
            continue;
        }
        let mut text = Vec::new();
        let mut problem = |message: String| {
            report.validation_errors.push(EntityReport::of_upload(format!("{name}: {message}")));
        };
        match member.by_ref().take(remaining + 1).read_to_end(&mut text) {
            Err(_) => problem("The member is damaged.".to_owned()),
            Ok(_) if text.len() as u64 > remaining => {
                problem("The archive is too large when unpacked.".to_owned());
                break;
            }
            Ok(_) => match ExactJson::parse_elements(&text) {
                Ok(found) => entities.extend(found),
                Err(message) => problem(format!("The document {message}.")),
            },
        }
        remaining -= text.len() as u64;
    }
    if report.has_error() { Err(report) } else { Ok(entities) }
}

/// Packs entities in the layout of a node, formatted as the portal does.
pub(crate) fn write<'a>(entities: impl Iterator<Item = (&'a str, ExactJson)>) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (id, entity) in entities {
        archive.start_file(member_name(id, EntityKind::of(&entity.document())), options)?;
        let text = reformat::portal(entity.text()).unwrap_or_else(|_| entity.text().to_owned());
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn member_name(id: &str, kind: EntityKind) -> String {
    let directory = match kind {
        EntityKind::Metadata if id == "node" => return "node-metadata.conf.json".to_owned(),
        EntityKind::Pipe => "pipes",
        EntityKind::System => "systems",
        EntityKind::Metadata | EntityKind::Unknown => "unknown",
    };
    let mut name = format!("{directory}/");
    for character in id.chars() {
        if matches!(character, '/' | '\\') || character.is_control() {
            let mut buffer = [0; 4];
            for byte in character.encode_utf8(&mut buffer).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        } else {
            name.push(character);
        }
    }
    name + ".conf.json"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_written_archive_reads_back() {
        let entities = [
            json!({"_id": "node", "type": "metadata"}),
            json!({"_id": "A:b", "type": "pipe"}),
            json!({"_id": "x/y", "type": "what"}),
        ];
        let entities: Vec<ExactJson> = entities.iter().map(|entity| ExactJson::of(entity).unwrap()).collect();
        let ids = ["node", "A:b", "x/y"];
        let content = write(ids.into_iter().zip(entities.iter().cloned())).unwrap();
        let archive = ZipArchive::new(Cursor::new(&content)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["node-metadata.conf.json", "pipes/A:b.conf.json", "unknown/x%2Fy.conf.json"]);
        assert!(read(&content, true).unwrap() == entities);
    }

    #[test]
    fn damage_is_reported_for_every_member() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [("a.conf.json", "{"), ("b.json", "[1,"), ("c.txt", "{")] {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        let content = archive.finish().unwrap().into_inner();
        assert_eq!(read(&content, false).unwrap_err().validation_errors.len(), 2);
        assert_eq!(read(&content, true).unwrap_err().validation_errors.len(), 1);
        assert_eq!(read(b"PK\x03\x04", true).unwrap_err().validation_errors.len(), 1);
    }
}
