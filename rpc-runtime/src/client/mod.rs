//! Clients: calls, notifications and events, with one connection for any number of calls in flight.

pub mod blocking;
mod builder;
mod calls;
mod delivery;
mod handle;
mod in_process;
mod layers;
mod options;
pub(crate) mod reflection;
mod service;
mod session;
mod settings;

pub use builder::ClientBuilder;
pub use calls::{Call, UntypedBody, UntypedCall, UntypedMessage};
pub use handle::Client;
pub use options::CallOptions;
pub use session::stats::ClientStats;
pub use settings::ReplyTo;

/// The parts that layers wrap. They are public in [`middleware`](crate::middleware).
pub(crate) mod layering {
    pub use super::{
        delivery::outgoing_call::OutgoingCall,
        service::{BoxClientService, ClientService},
    };
}

/// The parts that a client without a broker is made of; see [`in_process`](crate::in_process).
pub(crate) mod local {
    pub(crate) use super::in_process::{MessageReceiver, Receiving, WrittenReply};
}

/// The parts that generated code uses.
pub(crate) mod generated {
    pub use super::calls::TypedClient;
}
