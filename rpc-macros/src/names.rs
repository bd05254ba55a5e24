//! Derives names from other names: of services and of generated types. Changes when a naming rule does.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::Span;
use syn::{Ident, Path, ext::IdentExt};

/// The default exchange name of calls and notifications; the runtime's `DEFAULT_EXCHANGE`.
pub(crate) const DEFAULT_EXCHANGE: &str = "amqp-rpc";

/// The default exchange name of events; the runtime's `EVENT_EXCHANGE`.
pub(crate) const EVENT_EXCHANGE: &str = "amqp-rpc.events";

/// The functions of every generated client, which methods must not be named like.
pub(crate) const CLIENT_FUNCTIONS: [&str; 2] = ["new", "with_options"];

/// The methods that every type has through a blanket impl of a trait in the prelude and that take `self`:
/// called on a client, rustc takes them instead of the client's own, which take `&self`. A test derives the
/// list.
pub(crate) const METHODS_OF_EVERY_TYPE: [&str; 2] = ["into", "try_into"];

/// The identifier's text without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The wire name of the service that a trait describes: `HTTPServer` is `http_server`.
pub(crate) fn service_name(service: &Ident) -> String {
    let name = unraw(service);
    let snake_case = name.to_snake_case();
    if snake_case.is_empty() { name } else { snake_case }
}

/// The full wire name of a method: `fib.compute`.
pub(crate) fn full_name(service: &str, method: &str) -> String {
    format!("{service}.{method}")
}

/// The type of the generated client: `Fib` makes `FibClient`.
pub(crate) fn client_type(service: &Ident) -> Ident {
    service_type(service, "Client")
}

/// The type of the generated server: `Fib` makes `FibServer`.
pub(crate) fn server_type(service: &Ident) -> Ident {
    service_type(service, "Server")
}

/// The function that describes a service: `Fib` makes `fib_description`.
pub(crate) fn description_function(service: &Ident) -> Ident {
    Ident::new(&format!("{}_description", service_name(service)), service.span())
}

fn service_type(service: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", unraw(service)), service.span())
}

/// The request type of a method: `Fib` and `compute` make `FibComputeRequest`.
pub(crate) fn request_type(service: &Ident, method: &Ident) -> Ident {
    Ident::new(&format!("{}Request", event_type(service, method)), method.span())
}

/// The request type of an event, which subscribers name as the event: `Prices` and `changed` make
/// `PricesChanged`.
pub(crate) fn event_type(service: &Ident, method: &Ident) -> Ident {
    let name = format!("{}{}", unraw(service), unraw(method).to_upper_camel_case());
    Ident::new(&name, method.span())
}

/// The response type that goes with a request type: `AskRequest` and `Ask` both make `AskResponse`.
pub(crate) fn response_type(request: &Ident) -> Ident {
    let name = unraw(request);
    let stem = name.strip_suffix("Request").unwrap_or(&name);
    Ident::new(&format!("{stem}Response"), request.span())
}

/// The type parameter of the generated server: the first of several names that is not in `taken`.
pub(crate) fn type_parameter(taken: &[&Ident]) -> Ident {
    let free = ["S", "T", "Implementation"].into_iter().find(|name| taken.iter().all(|ident| *ident != name));
    Ident::new(free.unwrap_or("ServiceImplementation"), Span::call_site())
}

/// `::amqp_rpc`, the default of the key `crate`.
pub(crate) fn default_crate() -> Path {
    Path {
        leading_colon: Some(syn::token::PathSep::default()),
        segments: std::iter::once(syn::PathSegment::from(Ident::new("amqp_rpc", Span::call_site())))
            .collect(),
    }
}
