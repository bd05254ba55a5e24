//! The attribute itself: changes when the macro gets another entry point.
//!
//! Depend on `amqp-rpc`, which re-exports everything here together with what the generated code needs.

mod attrs;
mod diagnostics;
mod expand;
mod fallback;
mod generate;
mod model;
mod names;
mod syntax;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Turns a trait into a service: a typed client and a server that talk through a broker.
///
/// For a trait `Fib` with a method `compute` it generates, beside the trait:
///
/// | item | what it is |
/// |---|---|
/// | `FibClient` | calls a remote `Fib`; one method for each of the trait's |
/// | `FibServer<S>` | serves any `S: Fib` |
/// | `FibComputeRequest` | the parameters of `compute`, as they travel |
/// | `FibComputeResponse` | the value `compute` returns, as it travels |
///
/// The trait stays an ordinary trait with `Send` futures: implement it with `async fn`. Methods take `&self` and owned
/// parameters, and return any value, or a `Result<T, E>` whose error reaches the caller as it is. Everything that travels
/// implements `serde::Serialize` and `serde::Deserialize`.
///
/// # On the trait: `#[rpc_service(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the trait's name in `snake_case` | the service's name on the wire |
/// | `exchange = ".."` | `"amqp-rpc"` | the exchange requests are published to; `""` is the default exchange |
/// | `queue = ".."` | the service's name | the queue requests wait in |
/// | `crate = path` | `::amqp_rpc` | where generated code finds this crate |
///
/// # On a method: `#[rpc(..)]`
///
/// | key | default | meaning |
/// |---|---|---|
/// | `name = ".."` | the method's name | its name on the wire, after the service's name and a dot |
/// | `routing_key = ".."` | `"{service}.{method}"` | the routing key of its requests |
/// | `queue = ".."` | the service's queue | the queue its requests wait in |
/// | `request = Name` | `{Trait}{Method}Request` | the name of its request type |
/// | `timeout = "5s"` | the client's | how long a call waits; `ms`, `s`, `m` or `h` |
/// | `idempotent` | | running it twice is harmless: calls may be repeated |
/// | `at_most_once` | | a request that may have run before is not run again |
/// | `bare` | | the single parameter is the whole body, without a name |
/// | `blocking` | | a plain `fn` that blocks, run off the reactor |
///
/// # On a parameter
///
/// `#[rpc(context)] cx: &Context` receives what the server knows of the call; it does not travel.
/// `#[serde(..)]` attributes and doc comments move to the field of the request type.
#[proc_macro_attribute]
pub fn rpc_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::rpc_service(arguments.into(), item.into()).into()
}
