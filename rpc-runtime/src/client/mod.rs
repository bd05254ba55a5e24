//! The caller's side: one connection, one channel, one reply address, any number of calls in flight.

pub mod blocking;
mod builder;
mod calls;
mod delivery;
mod handle;
mod layers;
mod options;
mod service;
mod session;
mod settings;

pub use builder::ClientBuilder;
pub use calls::{Call, TypedClient, UntypedBody, UntypedCall};
pub use delivery::outgoing_call::OutgoingCall;
pub use handle::Client;
pub use options::CallOptions;
pub use service::{BoxClientService, ClientService};
pub use session::stats::ClientStats;
pub use settings::ReplyTo;
