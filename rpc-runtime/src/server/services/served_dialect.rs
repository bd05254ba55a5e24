//! The dialect of the requests of one queue.

use std::sync::{Arc, OnceLock};

use amqp_rpc_transport::Disconnect;

use crate::{codec::AnyCodec, contract::ServiceDef, dialect::ServerDialect};

/// The dialect of the requests of one queue.
#[derive(Debug)]
pub(crate) struct ServedDialect {
    pub(crate) dialect: Arc<dyn ServerDialect>,
    pub(crate) definition: &'static ServiceDef,
    /// The codecs of its bodies, besides those of the library.
    pub(crate) codecs: Vec<AnyCodec>,
    /// The exchanges that replies may be published to, besides the default exchange: those that were declared.
    pub(crate) exchanges: Vec<String>,
    /// One of them that the broker does not let the server publish to. A reply to it closes the channel that all queues
    /// share, and the request comes again: so the queue is not consumed any more.
    pub(crate) refused_exchange: OnceLock<String>,
}

impl ServedDialect {
    /// Notes that the link was lost because of a reply in this dialect.
    pub(crate) fn note_loss(&self, disconnect: &Disconnect) {
        if let Some(exchange) =
            disconnect.refused_exchange().filter(|refused| self.exchanges.iter().any(|of| of == refused))
            && self.refused_exchange.set(exchange.to_owned()).is_ok()
        {
            let dialect = self.dialect.name();
            tracing::error!(
                dialect,
                exchange,
                "the user may not publish to the exchange of replies: the queue is not served any more; give the user the permission to write to the exchange, and restart the server"
            );
        }
    }
}
