//! Builds the layers around a session. The innermost service sends, or calls services of the same process.

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{
    delivery::{
        deliver::{ReplyFuture, deliver},
        outgoing_call::OutgoingCall,
    },
    service::{BoxClientService, ClientService, ErasedService},
    session::shared::Session,
};

/// The layers of a client, in the order in which they were added.
#[derive(Clone, Default)]
pub(super) struct LayerStack(Vec<Arc<dyn Fn(BoxClientService) -> BoxClientService + Send + Sync>>);

impl LayerStack {
    pub(super) fn add<L>(&mut self, layer: L)
    where
        L: Layer<BoxClientService> + Send + Sync + 'static,
        L::Service: ClientService,
    {
        self.0.push(Arc::new(move |next| BoxClientService::new(layer.layer(next))));
    }

    /// The layers with `session` inside. `None` when there are none: everything is sent directly then.
    pub(super) fn around(&self, session: &Arc<Session>) -> Option<BoxClientService> {
        if self.0.is_empty() {
            return None;
        }
        Some(self.around_service(BoxClientService::erased(Innermost { session: Arc::clone(session) })))
    }

    /// The layers with `innermost` inside.
    pub(super) fn around_service(&self, innermost: BoxClientService) -> BoxClientService {
        // The last layer is wrapped around the innermost service, so that the first one is outermost.
        self.0.iter().rev().fold(innermost, |service, layer| layer(service))
    }
}

impl fmt::Debug for LayerStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}

/// Sends the messages that have passed all layers.
struct Innermost {
    session: Arc<Session>,
}

impl ErasedService for Innermost {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> ReplyFuture {
        deliver(Arc::clone(&self.session), call)
    }
}
