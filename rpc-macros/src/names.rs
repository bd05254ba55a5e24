//! Names that are derived from other names: of services, of generated types. Changes when a naming rule does.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::Span;
use syn::{Ident, Path, ext::IdentExt};

/// The exchange of a service that names none; the runtime's `DEFAULT_EXCHANGE`.
pub(crate) const DEFAULT_EXCHANGE: &str = "amqp-rpc";

/// The exchange of events whose service names none; the runtime's `EVENT_EXCHANGE`.
pub(crate) const EVENT_EXCHANGE: &str = "amqp-rpc.events";

/// The identifier as the user speaks of it, without `r#`.
pub(crate) fn spoken(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The wire name of the service that a trait describes: `HTTPServer` is `http_server`.
pub(crate) fn service_name(service: &Ident) -> String {
    let (name, spoken) = (spoken(service).to_snake_case(), spoken(service));
    if name.is_empty() { spoken } else { name }
}

/// The name that both sides use for a method: `fib.compute`.
pub(crate) fn full_name(service: &str, method: &str) -> String {
    format!("{service}.{method}")
}

/// A type generated for the whole trait: `Fib` and `Client` make `FibClient`.
pub(crate) fn of_service(service: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", spoken(service)), service.span())
}

/// The request type of a method: `Fib` and `compute` make `FibComputeRequest`.
pub(crate) fn request_type(service: &Ident, method: &Ident) -> Ident {
    let name = format!("{}{}Request", spoken(service), spoken(method).to_upper_camel_case());
    Ident::new(&name, method.span())
}

/// The response type that goes with a request type: `AskRequest` has `AskResponse`, `Ask` has `AskResponse`.
pub(crate) fn response_type(request: &Ident) -> Ident {
    let name = spoken(request);
    let stem = name.strip_suffix("Request").unwrap_or(&name);
    Ident::new(&format!("{stem}Response"), request.span())
}

/// The type parameter of the generated server: `S`, unless one of the names in `taken` is.
pub(crate) fn type_parameter(taken: &[&Ident]) -> Ident {
    let free = ["S", "T", "Implementation"].into_iter().find(|name| taken.iter().all(|ident| *ident != name));
    Ident::new(free.unwrap_or("ServiceImplementation"), Span::call_site())
}

/// `::amqp_rpc`, where generated code looks for the runtime unless told otherwise.
pub(crate) fn default_crate() -> Path {
    Path {
        leading_colon: Some(syn::token::PathSep::default()),
        segments: std::iter::once(syn::PathSegment::from(Ident::new("amqp_rpc", Span::call_site())))
            .collect(),
    }
}
