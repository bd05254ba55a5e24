//! What peers call the methods of a service.

use std::collections::BTreeMap;

use amqp_rpc_runtime::{
    contract::{MethodDef, MethodKind, Params, Repetition, ServiceDef},
    dialect::Unsupported,
};
use bytes::Bytes;

/// What peers call the methods of a service: by default their names without that of the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct MethodNames {
    are_full: bool,
    /// Names that are given, by that of the method, with or without the service.
    given: BTreeMap<String, String>,
}

impl MethodNames {
    /// Has methods called by their full names, as `{service}.{method}`.
    pub(crate) fn use_full_names(&mut self) {
        self.are_full = true;
    }

    /// Has one method called by this name.
    pub(crate) fn give(&mut self, method: String, name: String) {
        self.given.insert(method, name);
    }

    /// The name that is given to the method of this full name.
    pub(crate) fn given_to(&self, full_name: &str) -> Option<&str> {
        let given = self.given.get(full_name).or_else(|| self.given.get(without_service(full_name)));
        given.map(String::as_str)
    }

    /// The name of the method of this full name.
    pub(crate) fn of<'a>(&'a self, full_name: &'a str) -> &'a str {
        match self.given_to(full_name) {
            Some(given) => given,
            None if self.are_full => full_name,
            None => without_service(full_name),
        }
    }

    /// The call or notification of this name.
    pub(crate) fn find(&self, service: &ServiceDef, name: &str) -> Option<&'static MethodDef> {
        requests(service).find(|method| self.of(method.full_name) == name)
    }
}

/// The calls and notifications of a service.
pub(crate) fn requests(service: &ServiceDef) -> impl Iterator<Item = &'static MethodDef> {
    service.methods.iter().copied().filter(|method| method.kind != MethodKind::Event)
}

/// The body of a request whose own body is empty: no parameters.
pub(crate) fn no_arguments(method: &MethodDef) -> Bytes {
    match method.params {
        _ if method.reads_anything => Bytes::new(),
        Params::Bare(_) => Bytes::from_static(b"null"),
        _ => Bytes::from_static(b"{}"),
    }
}

/// # Errors
/// When two methods have one name.
pub(crate) fn check_distinct(
    service: &ServiceDef,
    name: impl Fn(&MethodDef) -> String,
) -> Result<(), Unsupported> {
    let mut methods = BTreeMap::new();
    for method in requests(service) {
        let name = name(method);
        if let Some(first) = methods.insert(name.clone(), method.full_name) {
            let second = method.full_name;
            return Err(Unsupported::new(format!("`{first}` and `{second}` have one name there, {name:?}")));
        }
    }
    Ok(())
}

/// # Errors
/// When a method is `deduplicate`: its server refuses requests without an idempotency key, and clients of `framework` send
/// none, so that no call of theirs would ever be served.
pub(crate) fn check_no_deduplication(service: &ServiceDef, framework: &str) -> Result<(), Unsupported> {
    match requests(service).find(|method| method.repetition == Repetition::Deduplicated) {
        Some(method) => Err(Unsupported::new(format!(
            "`{}` is `deduplicate`, and clients of {framework} send no idempotency key",
            method.full_name
        ))),
        None => Ok(()),
    }
}

/// # Errors
/// When a name that is to be a binding to a topic exchange has a wildcard: it would bring requests that no method has.
pub(crate) fn check_no_wildcard(method: &MethodDef, name: &str) -> Result<(), Unsupported> {
    if name.split('.').any(|word| matches!(word, "*" | "#")) {
        let method = method.full_name;
        return Err(Unsupported::new(format!(
            "the name {name:?} of `{method}` has a wildcard, and requests are found by the whole name"
        )));
    }
    Ok(())
}

/// The service of a full name.
pub(crate) fn service_of(full_name: &str) -> &str {
    full_name.rsplit_once('.').map_or(full_name, |(service, _)| service)
}

fn without_service(full_name: &str) -> &str {
    full_name.rsplit_once('.').map_or(full_name, |(_, method)| method)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPUTE: &MethodDef = &MethodDef::new("a.math", "a.math.compute");
    const ADD: &MethodDef = &MethodDef::new("a.math", "a.math.add");
    const ADDED: &MethodDef = &MethodDef::new("a.math", "a.math.added").event();
    const MATH: &ServiceDef = &ServiceDef::new("a.math", &[COMPUTE, ADD, ADDED]);

    #[test]
    fn a_method_has_the_name_that_is_given_to_it_or_its_own() {
        let mut names = MethodNames::default();
        names.give("add".to_owned(), "plus".to_owned());
        assert_eq!((names.of("a.math.compute"), names.of("a.math.add")), ("compute", "plus"));
        assert_eq!(names.find(MATH, "plus"), Some(ADD));
        assert_eq!((names.find(MATH, "add"), names.find(MATH, "added")), (None, None));
        names.use_full_names();
        names.give("a.math.add".to_owned(), "sum".to_owned());
        assert_eq!((names.of("a.math.compute"), names.of("a.math.add")), ("a.math.compute", "sum"));
        assert_eq!(service_of("a.math.compute"), "a.math");
    }

    #[test]
    fn two_methods_with_one_name_are_refused() {
        let mut names = MethodNames::default();
        assert_eq!(check_distinct(MATH, |method| names.of(method.full_name).to_owned()), Ok(()));
        names.give("add".to_owned(), "compute".to_owned());
        let error = check_distinct(MATH, |method| names.of(method.full_name).to_owned()).unwrap_err();
        assert!(error.to_string().contains("`a.math.compute` and `a.math.add`"), "{error}");
    }

    #[test]
    fn a_deduplicated_method_is_refused() {
        const PLACE: &MethodDef =
            &MethodDef::new("a.math", "a.math.place").repetition(Repetition::Deduplicated);
        assert_eq!(check_no_deduplication(MATH, "it"), Ok(()));
        let service = ServiceDef::new("a.math", &[COMPUTE, PLACE]);
        let error = check_no_deduplication(&service, "it").unwrap_err().to_string();
        assert!(error.contains("`a.math.place` is `deduplicate`, and clients of it"), "{error}");
    }
}
