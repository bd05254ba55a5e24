//! What stands in for deduplication in a build without the feature `idempotency`: no server has a store.

use std::{convert::Infallible, sync::Arc};

use super::DeduplicationStats;
use crate::{layer::BoxService, wire::namespace::Namespace};

/// There is none.
#[derive(Debug)]
pub(crate) struct Deduplication(Infallible);

impl Deduplication {
    pub(crate) fn around(&self, _: BoxService) -> BoxService {
        match self.0 {}
    }

    pub(crate) fn stats(&self) -> &DeduplicationStats {
        match self.0 {}
    }

    pub(crate) fn drain(&self) {
        match self.0 {}
    }

    pub(crate) async fn settle(&self) {
        match self.0 {}
    }
}

/// No store.
#[derive(Clone, Default)]
pub(crate) struct ChosenStore {}

impl ChosenStore {
    pub(crate) fn in_memory() -> Self {
        Self {}
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "callers are the same with a store")]
    pub(crate) fn open(self, _: &Namespace, _: bool) -> Result<Option<Arc<Deduplication>>, String> {
        Ok(None)
    }
}
