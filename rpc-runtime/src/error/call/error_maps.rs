//! Functions that convert errors of foreign servers into a method's own error.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::Arc,
};

use super::RemoteError;

/// The error maps of a client, by the type of error. Of the same type, a later map comes first.
#[derive(Clone, Default)]
pub(crate) struct ErrorMaps(Vec<(TypeId, Arc<dyn Any + Send + Sync>)>);

type ErrorMap<E> = Box<dyn Fn(&RemoteError) -> Option<E> + Send + Sync>;

impl ErrorMaps {
    pub(crate) fn insert<E: 'static>(
        &mut self,
        map: impl Fn(&RemoteError) -> Option<E> + Send + Sync + 'static,
    ) {
        let map: ErrorMap<E> = Box::new(map);
        self.0.insert(0, (TypeId::of::<E>(), Arc::new(map)));
    }

    /// These maps, followed by `others`.
    pub(crate) fn or(&self, others: &Self) -> Self {
        Self(self.0.iter().chain(&others.0).cloned().collect())
    }

    /// The method's own error for `error`, if a map returns one.
    pub(crate) fn apply<E: 'static>(&self, error: &RemoteError) -> Option<E> {
        let maps = self.0.iter().filter_map(|(_, map)| map.downcast_ref::<ErrorMap<E>>());
        maps.into_iter().find_map(|map| map(error))
    }
}

impl fmt::Debug for ErrorMaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} error maps", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_map_of_an_error_type_comes_first() {
        let mut maps = ErrorMaps::default();
        maps.insert(|_| Some("text"));
        maps.insert(|error| (error.code() == Some("E1")).then_some(1));
        maps.insert(|error| (error.code() == Some("E2")).then_some(2));
        let coded = |code| RemoteError::new(code, "");
        assert_eq!(maps.apply::<i32>(&coded("E1")), Some(1));
        assert_eq!(maps.apply::<i32>(&coded("E2")), Some(2));
        assert_eq!(maps.apply::<i32>(&coded("E3")), None);
        assert_eq!(maps.apply::<&str>(&coded("E3")), Some("text"));
        assert_eq!(maps.apply::<u64>(&coded("E1")), None);
    }
}
