//! Methods that a program without a store cannot serve.

use std::{fmt, sync::Arc};

use super::Deduplication;
use crate::{
    contract::{MethodDef, Repetition},
    layer::BoxService,
};

/// A deduplicated method, and no store for its replies.
#[derive(Debug)]
pub(crate) struct MissingStore {
    pub(crate) method: &'static str,
}

impl fmt::Display for MissingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is `deduplicate`, and there is no store for its replies; add one with `.idempotency_store(..)`",
            self.method
        )?;
        if cfg!(not(feature = "idempotency")) {
            f.write_str(", with the feature `idempotency`")?;
        }
        Ok(())
    }
}

/// The service, with its deduplicated methods deduplicated where `methods` has some.
///
/// # Errors
/// When it has some, and there is no store.
pub(crate) fn deduplicated(
    service: BoxService,
    mut methods: impl Iterator<Item = &'static MethodDef>,
    deduplication: Option<&Arc<Deduplication>>,
) -> Result<BoxService, MissingStore> {
    match (methods.find(|method| method.repetition == Repetition::Deduplicated), deduplication) {
        (None, _) => Ok(service),
        (Some(_), Some(deduplication)) => Ok(deduplication.around(service)),
        (Some(method), None) => Err(MissingStore { method: method.full_name }),
    }
}
