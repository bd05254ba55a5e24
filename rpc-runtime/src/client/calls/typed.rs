//! The client that generated clients hold: a client and the default options of one service.

use std::sync::Arc;

use super::call::Call;
use crate::{
    client::{handle::Client, options::CallOptions},
    contract::Request,
};

/// A client with default options for the calls made through it.
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

    /// A call, notification or event that is sent when it is first polled.
    pub fn call<R: Request>(&self, request: R) -> Call<R> {
        Call::new(self.client.clone(), Arc::clone(&self.defaults), request)
    }
}
