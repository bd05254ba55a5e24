//! Middleware: layers from async functions, and the types for custom layers.
//!
//! A layer with options is a type that implements [`Layer`], of the crate `tower-layer`. This one gives the calls
//! of one method another layer, and leaves all others alone:
//!
//! ```
//! # extern crate amqp_rpc_runtime as amqp_rpc;
//! use amqp_rpc::{
//!     CallError, Client,
//!     contract::NoError,
//!     layers::Retry,
//!     middleware::{BoxClientService, ClientService, Layer, OutgoingCall, Reply},
//! };
//!
//! struct Only<L> { method: &'static str, layer: L }
//!
//! struct OnlyService<S> { method: &'static str, layered: S, next: BoxClientService }
//!
//! impl<L: Layer<BoxClientService>> Layer<BoxClientService> for Only<L> {
//!     type Service = OnlyService<L::Service>;
//!
//!     fn layer(&self, next: BoxClientService) -> Self::Service {
//!         OnlyService { method: self.method, layered: self.layer.layer(next.clone()), next }
//!     }
//! }
//!
//! impl<S: ClientService> ClientService for OnlyService<S> {
//!     async fn call(&self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
//!         if call.name() == self.method { self.layered.call(call).await } else { self.next.call(call).await }
//!     }
//! }
//!
//! let client = Client::builder().layer(Only { method: "garage.free_places", layer: Retry::new() });
//! # let _ = client;
//! ```

mod client;
mod server;

pub use client::{ClientFromFn, ClientFromFnService, ClientNext, client_from_fn};
pub use server::{FromFn, FromFnService, Next, from_fn};

pub use tower_layer::Layer;

pub use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    layer::{BoxService, RpcService},
    message::{IncomingCall, Reply, ReplyKind},
};
