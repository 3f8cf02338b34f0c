//! How a section of the settings file is declared: each key once, with its documentation, type and default.
//!
//! Reading, the JSON schema, the table of keys in the README and `settings --keys`, and the defaults that `settings` shows all come
//! from the declaration.

/// Declares the keys of a section. A key whose default is `None` has no default, or one that depends on other keys. A condition follows
/// the default, such as `; cfg(test)`.
macro_rules! section {
    ($(#[$about:meta])* $visible:vis struct $name:ident {
        $($(#[$key_about:meta])* $key:ident: $type:ty = $default:expr $(; $when:meta)?,)*
    }) => {
        #[derive(Debug, Clone, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        $(#[$about])*
        $visible struct $name {
            $($(#[$key_about])* $(#[$when])? pub(crate) $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($(#[$when])? $key: $default,)* }
            }
        }
    };
}

pub(in crate::settings) use section;

#[cfg(test)]
mod tests {
    use crate::schema;

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
