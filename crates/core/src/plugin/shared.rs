//! Values that the plugins of a run share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One value per type, made when it is first used: what is expensive to make and the same for all plugins of a run, such as the trusted
/// certificates. Clones share the values. The type is the key: use one of your own.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Shared {
    /// The run's value of a type.
    pub fn get<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // The key is the type of the value, so the fallback is never used.
        Arc::clone(value).downcast().unwrap_or_default()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_value_per_type() {
        #[derive(Default)]
        struct Counter(Mutex<u32>);
        let shared = Shared::default();
        *shared.clone().get::<Counter>().0.lock().expect("no test panics while it has the lock") += 1;
        assert_eq!(*shared.get::<Counter>().0.lock().expect("no test panics while it has the lock"), 1);
        assert_eq!(*shared.get::<String>(), "");
    }
}
