//! The environment variables of the process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The environment variables of the process, taken once. Their values are not shown by `Debug`: some are credentials.
#[derive(Clone, Default)]
pub struct ProcessVariables(Arc<BTreeMap<String, String>>);

impl ProcessVariables {
    /// The value of a variable; an empty one counts as absent, as it does for most tools.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of the first variable of several that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The names of the variables that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for ProcessVariables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(Arc::new(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl fmt::Debug for ProcessVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
