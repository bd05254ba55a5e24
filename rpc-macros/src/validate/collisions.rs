//! Reports name collisions within one trait and with the generated code. Changes when generated code gets new
//! names.

use syn::{Ident, Type};

use super::types;
use crate::{
    diagnostics::{ErrorKind, Errors},
    model::{Lock, Method, Returns},
    names,
};

/// A method after the check.
#[expect(clippy::large_enum_variant, reason = "it is matched where it is made")]
pub(super) enum Checked {
    Valid(Method),
    /// It stays in the trait, but nothing is generated for it.
    Rejected,
    /// It does not stay in the trait either, where rustc would report it again.
    Duplicate,
}

/// Compares a method with those before it, and reports the collisions.
pub(super) fn check(
    service: &Ident,
    method: Option<Method>,
    others: &[Method],
    errors: &mut Errors,
) -> Checked {
    let Some(method) = method else { return Checked::Rejected };
    if is_duplicate(&method, others, errors) {
        return Checked::Duplicate;
    }
    let fits_client = has_free_client_function(&method, errors);
    let fits_types = has_free_types(service, &method, others, errors);
    let is_of_users = has_types_of_the_user(service, &method, errors);
    report_shared_address(&method, others, errors);
    report_shared_lock(&method, others, errors);
    if fits_client && fits_types && is_of_users { Checked::Valid(method) } else { Checked::Rejected }
}

fn is_duplicate(method: &Method, others: &[Method], errors: &mut Errors) -> bool {
    let is_duplicate = coexisting(method, others).any(|other| other.ident == method.ident);
    if is_duplicate {
        errors.at(&method.ident, ErrorKind::MethodTwice { method: names::unraw(&method.ident) });
    }
    is_duplicate
}

fn has_free_client_function(method: &Method, errors: &mut Errors) -> bool {
    let method_name = names::unraw(&method.ident);
    let name = method_name.as_str();
    let error = if names::CLIENT_FUNCTIONS.contains(&name) {
        ErrorKind::ClientFunction { method: method_name }
    } else if names::METHODS_OF_EVERY_TYPE.contains(&name) {
        ErrorKind::MethodOfEveryType { method: method_name }
    } else {
        return true;
    };
    errors.at(&method.ident, error);
    false
}

fn has_free_types(service: &Ident, method: &Method, others: &[Method], errors: &mut Errors) -> bool {
    let of_service = [service.clone(), names::client_type(service), names::server_type(service)];
    let of_others: Vec<_> = coexisting(method, others).flat_map(Method::types).collect();
    let taken = |ident: &Ident| of_service.contains(ident) || of_others.contains(&ident);
    let Some(ident) = method.types().find(|ident| taken(ident)) else { return true };
    let (type_name, name) = (names::unraw(ident), names::unraw(&method.ident));
    errors.at(ident, ErrorKind::TypeNameTaken { type_name, method: name });
    false
}

/// Checks that the signature names neither the types that are generated from it, nor client and server. The
/// user means a type of that name, which the generated one hides or is declared beside. Types that are
/// generated from other methods are like any others: a call may return the events that were published.
fn has_types_of_the_user(service: &Ident, method: &Method, errors: &mut Errors) -> bool {
    let of_service = [names::client_type(service), names::server_type(service)];
    let parameters = method.parameters().map(|parameter| &parameter.ty);
    let mut signature: Vec<&Type> = parameters.collect();
    match &method.returns {
        Returns::Plain(declared) | Returns::Alias(declared) => signature.push(declared),
        Returns::Fallible { value, error, .. } => signature.extend([value, error]),
    }
    let errors_before = errors.len();
    for ty in signature {
        let is_generated = |name: &Ident| of_service.contains(name) || method.types().any(|of| of == name);
        let Some(name) = types::find_name(ty, is_generated) else { continue };
        let type_name = names::unraw(&name);
        let error = if of_service.contains(&name) {
            ErrorKind::TypeOfService { type_name, service: names::unraw(service) }
        } else {
            ErrorKind::TypeOfMethod { type_name, method: names::unraw(&method.ident) }
        };
        errors.at(name, error);
    }
    errors.len() == errors_before
}

/// Reports one error even if both the name and the routing key are taken: the second follows from the first.
fn report_shared_address(method: &Method, others: &[Method], errors: &mut Errors) {
    let same_name = |other: &&Method| other.address.full_name == method.address.full_name;
    let same_key = |other: &&Method| other.address.routing_key == method.address.routing_key;
    if let Some(other) = coexisting(method, others).find(same_name) {
        let name = method.address.full_name.clone();
        errors.at(&method.ident, ErrorKind::WireNameTaken { name, other: names::unraw(&other.ident) });
    } else if let Some(other) = coexisting(method, others).find(same_key) {
        let routing_key = method.address.routing_key.clone();
        let other = names::unraw(&other.ident);
        errors.at(&method.ident, ErrorKind::RoutingKeyTaken { routing_key, other });
    }
}

/// Reports a lock that two methods share in name only: they would not exclude each other.
fn report_shared_lock(method: &Method, others: &[Method], errors: &mut Errors) {
    let Some(lock) = &method.lock else { return };
    let differs = |of: &Lock| of.name == lock.name && of.scope != lock.scope;
    let other = coexisting(method, others).find(|other| other.lock.as_ref().is_some_and(differs));
    if let Some(other) = other {
        let (name, other) = (lock.name.clone(), names::unraw(&other.ident));
        return errors.at(&method.ident, ErrorKind::LockScopes { name, other });
    }
    let differs = |of: &Lock| of.name == lock.name && of.value.is_some() != lock.value.is_some();
    let other = coexisting(method, others).find(|other| other.lock.as_ref().is_some_and(differs));
    if let Some(other) = other {
        let (this, other) = (names::unraw(&method.ident), names::unraw(&other.ident));
        let (with, without) = if lock.value.is_some() { (this, other) } else { (other, this) };
        errors.at(&method.ident, ErrorKind::LockValues { name: lock.name.clone(), with, without });
    }
}

/// The methods that always exist beside `method`: two methods under `#[cfg]` may be alternatives.
fn coexisting<'a>(method: &Method, others: &'a [Method]) -> impl Iterator<Item = &'a Method> {
    let is_conditional = !method.attributes.cfgs.is_empty();
    others.iter().filter(move |other| !is_conditional || other.attributes.cfgs.is_empty())
}
