//! How a section of the settings file is declared: each key once, with its documentation, type and default.
//!
//! Reading, the JSON schema, the table of keys in the README and `settings --keys`, and the defaults that `settings` shows all come
//! from the declaration.

/// Declares the keys of a section. A key whose default is `None` has no default, or one that depends on other keys.
macro_rules! section {
    ($(#[$about:meta])* $visible:vis struct $name:ident {
        $($(#[$key_about:meta])* $key:ident: $type:ty = $default:expr,)*
    }) => {
        #[derive(Debug, Clone, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        $(#[$about])*
        $visible struct $name {
            $($(#[$key_about])* pub(super) $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }
    };
}

pub(in crate::settings) use section;

#[cfg(test)]
mod tests {
    use deployer_core::document::SourceText;
    use deployer_core::plugin::{Plugin, Section, SettingsType};

    use crate::schema;

    mod sample {
        section! {
            /// A section.
            pub(super) struct Sample {
                /// A key that is declared here and nowhere else.
                added_seconds: u64 = 7,
                /// A key without a default.
                name: Option<String> = None,
            }
        }

        impl Sample {
            pub(super) fn use_it(&self) -> u64 {
                self.added_seconds
            }
        }
    }

    use sample::Sample;

    #[test]
    fn a_key_is_declared_once_and_then_read_described_and_shown() {
        let read = |text: &str| {
            let source = SourceText::new("deployer.toml", text);
            Section::parse("sample", &source).unwrap().read_all::<Sample>()
        };
        assert_eq!(read("").unwrap().use_it(), 7);
        assert_eq!(read("added_seconds = 1").unwrap().use_it(), 1);
        let error = &read("added_second = 1").unwrap_err()[0];
        assert_eq!(error.hints(), ["did you mean `added_seconds`?"]);
        // The value that `settings` shows by default.
        assert_eq!(serde_json::to_value(Sample::default()).unwrap()["added_seconds"], 7);
        // What `settings --keys`, the README and the schema say.
        let plugin = Plugin { settings: SettingsType::of::<Sample>(), ..*crate::plugins::BUILT[0] };
        let rows = schema::rows(&schema::plugin(&plugin));
        let row = rows.iter().find(|row| row.name == "added_seconds").unwrap();
        assert_eq!((row.kind.as_str(), row.default.clone()), ("number", Some(7.into())));
        assert_eq!(row.description.as_deref(), Some("A key that is declared here and nowhere else."));
    }

    #[test]
    fn every_key_of_the_file_is_described_with_its_meaning() {
        let rows = schema::rows_of_file();
        for row in &rows {
            assert!(row.description.is_some(), "{}", row.name);
        }
        let is_listed = |name: &str| rows.iter().any(|row| row.name == name);
        for name in [
            "environment",
            "configuration.layout",
            "nodes.<name>.proxy",
            "safety.wait_seconds",
            "environments",
        ] {
            assert!(is_listed(name), "{name}: {:?}", rows.iter().map(|row| &row.name).collect::<Vec<_>>());
        }
        assert!(!rows.iter().any(|row| row.default.as_ref().is_some_and(serde_json::Value::is_object)));
    }
}
