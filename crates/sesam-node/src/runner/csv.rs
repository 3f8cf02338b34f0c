//! CSV documents of pipes with a `csv_endpoint` sink, as the product's documentation describes them. A value or a property whose text is
//! not documented is an error: the node does not guess.

use serde_json::{Map, Value};

use super::values::{is_skipped, literal};

/// The properties of the sink that have an effect here.
struct Format {
    columns: Vec<String>,
    has_header: bool,
    quoting: Quoting,
    delimiter: char,
    quote: char,
    end: String,
}

#[derive(PartialEq)]
enum Quoting {
    All,
    Minimal,
    NonNumeric,
}

/// The document.
///
/// # Errors
/// In words, if the sink or an entity needs more than this.
pub(super) fn document(sink: &Value, entities: &[Value]) -> Result<Vec<u8>, String> {
    let format = Format::of(sink)?;
    let mut text = String::new();
    if format.has_header {
        let cells = format.columns.iter().map(|column| (column.clone(), false));
        text.push_str(&format.line(&cells.collect::<Vec<_>>()));
    }
    for entity in entities.iter().filter(|entity| !is_skipped(sink, entity)) {
        let cell = |column: &String| match &entity[column.as_str()] {
            Value::Null => Ok((String::new(), false)),
            value => literal(value, column).map(|text| (text, value.is_number())),
        };
        let cells = format.columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
        text.push_str(&format.line(&cells));
    }
    let mark = if sink["byte_order_mark"] == true { "\u{feff}" } else { "" };
    Ok(format!("{mark}{text}").into_bytes())
}

impl Format {
    fn of(sink: &Value) -> Result<Self, String> {
        let nothing = Map::new();
        let properties = sink.as_object().unwrap_or(&nothing);
        let text = |name: &str, default: &str| match properties.get(name) {
            None | Some(Value::Null) => Ok(default.to_owned()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(format!("`{name}` of its sink is not a text")),
        };
        let character = |name: &str, default: &str| {
            let text = text(name, default)?;
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Ok(character),
                _ => Err(format!("`{name}` of its sink is not one character")),
            }
        };
        if properties.get("escapechar").is_some_and(|it| !it.is_null())
            || properties.get("doublequote") == Some(&Value::Bool(false))
        {
            return Err(
                "the embedded node writes no CSV with `escapechar` or without `doublequote`".to_owned()
            );
        }
        let encoding = text("encoding", "utf-8")?;
        if !encoding.eq_ignore_ascii_case("utf-8") {
            return Err(format!("the embedded node writes no CSV in the encoding {encoding:?}"));
        }
        let quoting = match text("quoting", "minimal")?.as_str() {
            "all" => Quoting::All,
            "minimal" => Quoting::Minimal,
            "non-numeric" => Quoting::NonNumeric,
            other => return Err(format!("the embedded node writes no CSV with the quoting {other:?}")),
        };
        let columns = properties.get("columns").and_then(Value::as_array).into_iter().flatten();
        let columns: Vec<String> = columns.filter_map(|column| column.as_str().map(str::to_owned)).collect();
        if columns.is_empty() {
            return Err("its sink has no `columns`".to_owned());
        }
        Ok(Self {
            columns,
            has_header: properties.get("include_header") != Some(&Value::Bool(false)),
            quoting,
            delimiter: character("delimiter", ",")?,
            quote: character("quotechar", "\"")?,
            end: text("lineterminator", "\r\n")?,
        })
    }

    /// A line. Each cell comes with whether it is a number.
    fn line(&self, cells: &[(String, bool)]) -> String {
        let is_alone = cells.len() == 1;
        let cells = cells.iter().map(|(text, is_number)| {
            let is_special = |c: char| {
                c == self.delimiter || c == self.quote || matches!(c, '\r' | '\n') || self.end.contains(c)
            };
            let is_quoted = match self.quoting {
                Quoting::All => true,
                Quoting::NonNumeric => !is_number,
                // A line without any character would be no row.
                Quoting::Minimal => text.contains(is_special) || (text.is_empty() && is_alone),
            };
            let quote = self.quote.to_string();
            if is_quoted {
                format!("{quote}{}{quote}", text.replace(self.quote, &quote.repeat(2)))
            } else {
                text.clone()
            }
        });
        cells.collect::<Vec<_>>().join(&self.delimiter.to_string()) + &self.end
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(sink: Value, entities: &[Value]) -> Result<String, String> {
        document(&sink, entities).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_line_per_entity_that_is_not_deleted() {
        let entities = [
            json!({ "_id": "1", "name": "Åse, \"A\"", "n": 10, "_deleted": false }),
            json!({ "_id": "2", "name": "two\nlines", "x": 1.5 }),
            json!({ "_id": "3", "name": "gone", "_deleted": true }),
        ];
        let columns = json!({ "columns": ["_id", "name", "n"] });
        assert_eq!(
            text(columns.clone(), &entities).unwrap(),
            "_id,name,n\r\n1,\"Åse, \"\"A\"\"\",10\r\n2,\"two\nlines\",\r\n"
        );
        let with = |more: Value| {
            let mut sink = columns.clone();
            sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            text(sink, &entities[..1]).unwrap()
        };
        assert_eq!(
            with(
                json!({ "quoting": "non-numeric", "delimiter": ";", "lineterminator": "\n", "quotechar": "'" })
            ),
            "'_id';'name';'n'\n'1';'Åse, \"A\"';10\n"
        );
        assert_eq!(
            with(json!({ "quoting": "all", "include_header": false, "byte_order_mark": true })),
            "\u{feff}\"1\",\"Åse, \"\"A\"\"\",\"10\"\r\n"
        );
        assert_eq!(
            text(json!({ "columns": ["x"], "skip-deleted-entities": false }), &entities[2..]).unwrap(),
            "x\r\n\"\"\r\n"
        );
    }

    #[test]
    fn what_is_not_documented_is_not_written() {
        let entities = [json!({ "_id": "1", "time": "~t2026-01-01T00:00:00Z", "list": [1], "flag": true })];
        for (sink, why) in [
            (json!({}), "no `columns`"),
            (json!({ "columns": ["time"] }), "\"time\""),
            (json!({ "columns": ["list"] }), "\"list\""),
            (json!({ "columns": ["flag"] }), "\"flag\""),
            (json!({ "columns": ["_id"], "quoting": "none" }), "quoting"),
            (json!({ "columns": ["_id"], "encoding": "latin-1" }), "latin-1"),
            (json!({ "columns": ["_id"], "escapechar": "\\" }), "escapechar"),
            (json!({ "columns": ["_id"], "delimiter": ";;" }), "delimiter"),
        ] {
            let error = text(sink, &entities).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
