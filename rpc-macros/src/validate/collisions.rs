//! Names that meet, in one trait or in the code generated for it. Changes when generated code gets new names.

use syn::Ident;

use crate::{
    diagnostics::{Errors, Mistake},
    model::Method,
    names,
};

/// The functions of every generated client.
const CLIENT_FUNCTIONS: [&str; 2] = ["new", "with_options"];

/// What becomes of a method.
#[expect(clippy::large_enum_variant, reason = "it is matched where it is made")]
pub(super) enum Verdict {
    Valid(Method),
    /// It stays in the trait, but nothing is generated for it.
    Refused,
    /// It must not even stay in the trait, where it would be a second mistake.
    Repeated,
}

/// Compares a method with those before it, and reports the names that meet.
pub(super) fn resolve(
    service: &Ident,
    method: Option<Method>,
    others: &[Method],
    errors: &mut Errors,
) -> Verdict {
    let Some(method) = method else { return Verdict::Refused };
    if is_declared_twice(&method, others, errors) {
        return Verdict::Repeated;
    }
    let fits_client = has_a_client_function(&method, errors);
    let fits_types = has_types_of_its_own(service, &method, others, errors);
    report_shared_address(&method, others, errors);
    if fits_client && fits_types { Verdict::Valid(method) } else { Verdict::Refused }
}

fn is_declared_twice(method: &Method, others: &[Method], errors: &mut Errors) -> bool {
    let twice = rivals(method, others).any(|other| other.ident == method.ident);
    if twice {
        errors.at(&method.ident, Mistake::MethodTwice { method: names::spoken(&method.ident) });
    }
    twice
}

fn has_a_client_function(method: &Method, errors: &mut Errors) -> bool {
    let name = names::spoken(&method.ident);
    let is_free = !CLIENT_FUNCTIONS.contains(&name.as_str());
    if !is_free {
        errors.at(&method.ident, Mistake::ClientFunction { method: name });
    }
    is_free
}

fn has_types_of_its_own(service: &Ident, method: &Method, others: &[Method], errors: &mut Errors) -> bool {
    let of_service =
        [service.clone(), names::of_service(service, "Client"), names::of_service(service, "Server")];
    let of_others: Vec<_> =
        rivals(method, others).flat_map(|other| [&other.request, &other.response]).collect();
    let taken = |ident: &Ident| of_service.contains(ident) || of_others.contains(&ident);
    let Some(ident) = [&method.request, &method.response].into_iter().find(|ident| taken(ident)) else {
        return true;
    };
    let (type_name, name) = (names::spoken(ident), names::spoken(&method.ident));
    errors.at(ident, Mistake::TypeNameTaken { type_name, method: name });
    false
}

/// One message even if name and routing key are both shared: the second follows from the first.
fn report_shared_address(method: &Method, others: &[Method], errors: &mut Errors) {
    let same_name = |other: &&Method| other.address.full_name == method.address.full_name;
    let same_key = |other: &&Method| other.address.routing_key == method.address.routing_key;
    if let Some(other) = rivals(method, others).find(same_name) {
        let name = method.address.full_name.clone();
        errors.at(&method.ident, Mistake::WireNameTaken { name, other: names::spoken(&other.ident) });
    } else if let Some(other) = rivals(method, others).find(same_key) {
        let routing_key = method.address.routing_key.clone();
        errors
            .at(&method.ident, Mistake::RoutingKeyTaken { routing_key, other: names::spoken(&other.ident) });
    }
}

/// The methods that are sure to exist beside `method`: those under `#[cfg]` may be its alternatives.
fn rivals<'a>(method: &Method, others: &'a [Method]) -> impl Iterator<Item = &'a Method> {
    let is_conditional = !method.attributes.cfgs.is_empty();
    others.iter().filter(move |other| !is_conditional || other.attributes.cfgs.is_empty())
}
