//! Deduplicates the methods of services.

use std::sync::Arc;

use super::{
    IdempotencyOptions, IdempotencyStore, service::Deduplicated, stats::DeduplicationStats,
    store_access::StoreAccess,
};
use crate::{layer::BoxService, wire::namespace::Namespace};

/// Deduplicates the methods of all services of a server, with one store.
#[derive(Debug)]
pub(crate) struct Deduplication {
    access: Arc<StoreAccess>,
    namespace: Namespace,
    exposes_panics: bool,
}

impl Deduplication {
    pub(crate) fn new(
        store: Arc<dyn IdempotencyStore>,
        options: IdempotencyOptions,
        namespace: Namespace,
        exposes_panics: bool,
    ) -> Self {
        Self { access: Arc::new(StoreAccess::new(store, options)), namespace, exposes_panics }
    }

    /// The service, with its deduplicated methods deduplicated.
    pub(crate) fn around(&self, service: BoxService) -> BoxService {
        let Self { access, namespace, exposes_panics } = self;
        let (access, namespace) = (Arc::clone(access), namespace.clone());
        BoxService::new(Deduplicated { service, access, namespace, exposes_panics: *exposes_panics })
    }

    pub(crate) fn stats(&self) -> &DeduplicationStats {
        &self.access.stats
    }

    /// Tells repeats that wait, and those that still come, that the server stops.
    pub(crate) fn drain(&self) {
        self.access.drains.send_replace(true);
    }

    /// Waits until the store knows of the calls that were cancelled, or does not answer.
    pub(crate) async fn settle(&self) {
        self.access.settle().await;
    }
}
