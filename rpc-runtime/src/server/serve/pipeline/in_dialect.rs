//! The way of a request in a dialect to the task that runs its call.

use std::sync::Arc;

use amqp_rpc_transport::{Delivered, Headers, Properties, Refusal};

use super::{RequestPipeline, method_of};
use crate::{
    dialect::{self, Incoming, IncomingRequest, caught},
    message::{Fault, FaultCode},
    server::{
        begun::MessageOrigin,
        config::loggable_address,
        control::Mode,
        reply::{Arrival, PeerRequest, Unsettled},
        serve::admit::{Delivery, admit},
        services::{QueuePlan, ServedDialect},
    },
    wire::request::ReceivedRequest,
};

/// A delivery, as its dialect reads it.
struct ReadDelivery {
    delivered: Delivered,
    kept: Headers,
    /// Why it reaches no method.
    fault: Option<Fault>,
}

impl RequestPipeline {
    /// Does for a request in a dialect what [`handle`](Self::handle) does for others.
    pub(super) fn handle_in_dialect(
        &mut self,
        delivered: Box<Delivered>,
        queue: &Arc<QueuePlan>,
        served: &Arc<ServedDialect>,
        mode: Mode,
    ) {
        let Delivered { tag, received_at, refusal, .. } = *delivered;
        let exchange = delivered.exchange.clone();
        let is_malformed = refusal.is_some_and(Refusal::is_malformed);
        if is_malformed {
            self.settings.counters.malformed_requests.add_one();
        }
        let limit = self.settings.admission.max_request_bytes;
        let ReadDelivery { delivered, kept, fault } = match served.read_within(*delivered, limit) {
            Ok(read) => read,
            Err(why) => {
                tracing::info!(
                    queue = queue.name(),
                    dialect = served.dialect.name(),
                    why,
                    "ignored a message"
                );
                return self.sinks.ack(tag);
            }
        };
        let mut request = ReceivedRequest::read(delivered, &served.codecs).in_dialect();
        request.read_secrets(&self.settings.secrets);
        let arrival = Arrival { tag, is_malformed, received_at };
        let unsettled = Unsettled::new(arrival, &mut request, queue, None, Arc::clone(&self.sinks));
        if let Some(address) = unsettled.reply_to().filter(|address| !served.allows(address)) {
            self.settings.counters.foreign_reply_addresses.add_one();
            served.log_foreign_address(queue.name(), address);
            return unsettled.refuse_address(method_of(&request, queue));
        }
        let peer = PeerRequest { served: Arc::clone(served), exchange, kept };
        let unsettled = unsettled.answered_in(peer);
        if let Some(fault) = fault {
            return unsettled.refuse(queue.name(), fault, None);
        }
        let delivery = Delivery {
            received_at,
            origin: MessageOrigin {
                tag,
                queue: queue.name(),
                reply_to: unsettled.reply_to(),
                is_part: false,
            },
            begun: self.sinks.begun.as_ref(),
        };
        let settings = Arc::clone(&self.settings);
        match admit(&settings.admission, request, &queue.routes, delivery) {
            Ok(admitted) => self.begin(admitted, unsettled, mode),
            Err(refused) => unsettled.refuse(queue.name(), refused.fault, refused.method),
        }
    }
}

impl ServedDialect {
    /// Reads a delivery unless it is cut or too large: that is said of it later, as in the library's own protocol.
    fn read_within(&self, delivered: Delivered, max_bytes: usize) -> Result<ReadDelivery, String> {
        if delivered.refusal.is_some() || delivered.body.len() > max_bytes {
            return Ok(ReadDelivery { delivered, kept: Headers::new(), fault: None });
        }
        self.read(delivered)
    }

    /// Reads a delivery.
    ///
    /// # Errors
    /// Why it is no request.
    fn read(&self, delivered: Delivered) -> Result<ReadDelivery, String> {
        let Delivered { tag, redelivered, exchange, routing_key, properties, body, refusal, received_at } =
            delivered;
        let as_delivered = |properties, body| Delivered {
            tag,
            redelivered,
            exchange: exchange.clone(),
            routing_key: routing_key.clone(),
            properties,
            body,
            refusal,
            received_at,
        };
        // What the answer to a request needs that the dialect panics at.
        let unread = Properties {
            correlation_id: properties.correlation_id.clone(),
            reply_to: properties.reply_to.clone(),
            ..Properties::default()
        };
        let delivery = dialect::Delivery::new(exchange.clone(), routing_key.clone(), properties, body);
        let incoming = caught(|| self.dialect.read_request(self.definition, delivery)).unwrap_or_else(|| {
            tracing::error!(dialect = self.dialect.name(), "the dialect panicked when it read a request");
            Incoming::refused(Fault::new(FaultCode::Internal, "the request could not be read"), unread)
        });
        match incoming {
            Incoming::Request(request) => {
                let IncomingRequest { method, body, mut properties, kept } = *request;
                properties.kind = Some(method);
                Ok(ReadDelivery { delivered: as_delivered(properties, body), kept, fault: None })
            }
            Incoming::Refused { fault, mut properties, kept } => {
                properties.kind = None;
                let delivered = as_delivered(*properties, bytes::Bytes::new());
                Ok(ReadDelivery { delivered, kept, fault: Some(fault) })
            }
            Incoming::Ignored(why) => Err(why),
        }
    }

    /// Returns whether a reply may go to `address`. One that the dialect panics at is not allowed.
    fn allows(&self, address: &str) -> bool {
        caught(|| self.dialect.allows_reply_to(address)).unwrap_or_else(|| {
            tracing::error!(dialect = self.dialect.name(), "the dialect panicked at a reply address");
            false
        })
    }

    fn log_foreign_address(&self, queue: &str, address: &str) {
        let (dialect, address) = (self.dialect.name(), loggable_address(address));
        tracing::warn!(
            queue,
            dialect,
            address,
            "refused a request with a reply address that no peer has in this dialect"
        );
    }
}
