//! The store of a server before it starts, or of a client in process.

use std::sync::Arc;

use super::{Deduplication, IdempotencyOptions, IdempotencyStore, MemoryStore};
use crate::wire::namespace::Namespace;

/// The store that was chosen, if one was, and its options.
#[derive(Clone, Default)]
pub(crate) struct ChosenStore(Option<(Arc<dyn IdempotencyStore>, IdempotencyOptions)>);

impl ChosenStore {
    pub(crate) fn new(store: impl IdempotencyStore, options: IdempotencyOptions) -> Self {
        Self(Some((Arc::new(store), options)))
    }

    /// That of a client in process: its replies end with it.
    pub(crate) fn in_memory() -> Self {
        Self::new(MemoryStore::new(), IdempotencyOptions::new())
    }

    /// # Errors
    /// Which option has an invalid value.
    pub(crate) fn open(
        self,
        namespace: &Namespace,
        exposes_panics: bool,
    ) -> Result<Option<Arc<Deduplication>>, String> {
        let Some((store, options)) = self.0 else { return Ok(None) };
        options.check()?;
        Ok(Some(Arc::new(Deduplication::new(store, options, namespace.clone(), exposes_panics))))
    }
}
