//! What generated clients hold: a client and the defaults of one service.

use std::sync::Arc;

use crate::{
    client::{Call, Notify, Publish, handle::Client, options::CallOptions},
    contract::{Event, Notification, Request},
};

/// A client with defaults for the calls made through it.
#[derive(Clone, Debug)]
pub struct TypedClient {
    client: Client,
    defaults: Arc<CallOptions>,
}

impl TypedClient {
    /// Calls through `client`, with its defaults.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, defaults: Arc::default() }
    }

    /// Uses `options` for every call that does not say otherwise, in place of earlier ones.
    #[must_use]
    pub fn with_options(self, options: CallOptions) -> Self {
        Self { defaults: Arc::new(options), ..self }
    }

    /// A notification that is sent when it is first polled.
    pub fn notify<R: Notification>(&self, request: R) -> Notify<R> {
        Notify::new(self.client.clone(), Arc::clone(&self.defaults), request)
    }

    /// An event that is published when it is first polled.
    pub fn publish<E: Event>(&self, event: E) -> Publish<E> {
        Publish::new(self.client.clone(), Arc::clone(&self.defaults), event)
    }

    /// A call that is sent when it is first polled.
    pub fn call<R: Request>(&self, request: R) -> Call<R> {
        Call::new(self.client.clone(), Arc::clone(&self.defaults), request)
    }
}
