//! The definitions of the reserved methods, which live as long as the program.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use amqp_rpc_transport::limits::MAX_SHORT_STRING_BYTES;

use crate::{
    contract::{MethodDef, Repetition},
    wire::reflection::{DESCRIBE, PING, STATS, of_service},
};

/// The reserved methods of a service. None if AMQP cannot hold their names.
pub(crate) fn reserved_methods(service: &'static str) -> Vec<&'static MethodDef> {
    let names = [PING, DESCRIBE, STATS];
    let fits = |name: &&str| of_service(service, name).len() <= MAX_SHORT_STRING_BYTES;
    if !names.iter().all(fits) {
        return Vec::new();
    }
    names.into_iter().map(|name| interned(service, name)).collect()
}

/// The method by which a server as a whole is asked who it is.
pub(crate) fn instance_method() -> &'static MethodDef {
    interned("", PING)
}

/// Definitions are interned: services may come and go.
fn interned(service: &'static str, name: &'static str) -> &'static MethodDef {
    type Interned = HashMap<(&'static str, &'static str), &'static MethodDef>;
    static INTERNED: LazyLock<Mutex<Interned>> = LazyLock::new(Mutex::default);
    let mut interned = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    interned.entry((service, name)).or_insert_with(|| {
        let full_name: &'static str = Box::leak(of_service(service, name).into());
        let method = MethodDef::new(service, full_name).repetition(Repetition::Idempotent);
        Box::leak(Box::new(method.reading_anything()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_three_each_once_and_none_if_their_names_are_too_long() {
        let names: Vec<_> = reserved_methods("fib").iter().map(|method| method.full_name).collect();
        assert_eq!(names, ["fib.$ping", "fib.$describe", "fib.$stats"]);
        assert!(std::ptr::eq(reserved_methods("fib")[0], reserved_methods("fib")[0]));
        assert_eq!(instance_method().full_name, "$ping");
        assert!(reserved_methods(Box::leak("s".repeat(250).into())).is_empty());
    }
}
