//! Delivers the messages of a client without a broker to services of the same process.

use std::{
    future::{Future, pending},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use amqp_rpc_transport::{Delivered, Disconnect, Properties, Refusal, check_encodable};
use bytes::Bytes;
use smol_str::SmolStr;
use tokio::{sync::oneshot, task::JoinSet};
use uuid::Uuid;

use super::{
    builder::{ClientBuilder, ClientParts},
    delivery::{
        deliver::ReplyFuture,
        error::DeliveryError,
        message::OutgoingMessage,
        outgoing_call::OutgoingCall,
        policy::{CallPolicy, RetryState},
        send::{acquire_slot, end_of},
    },
    handle::Client,
    service::{BoxClientService, ErasedService},
    session::shared::Session,
};
use crate::{
    codec::AnyCodec,
    contract::{MethodKind, NoError},
    error::{CallError, Phase},
    message::Reply,
    secrets::{MessageScope, Secrets},
    wire::{
        namespace::Namespace,
        reply::{Reading, ReceivedReply},
        request::{CallRequest, Caller, OneWayRequest},
    },
};

/// The reply address of calls; there is no queue of this name.
const REPLY_TO: &str = "in-process";

/// A reply as a server writes it.
pub(crate) type WrittenReply = (Properties, Bytes);

/// Runs the methods that a message is for. Ends with the reply, or with `None` where no server replies.
pub(crate) type Receiving = Pin<Box<dyn Future<Output = Option<WrittenReply>> + Send>>;

/// Receives messages in place of a broker and its servers.
pub(crate) trait MessageReceiver: Send + Sync + 'static {
    /// Takes a message; `None` if no service has its method. `codecs`: the custom codecs that it reads. `secrets`:
    /// the keys of both sides.
    fn receive(&self, message: Delivered, codecs: &[AnyCodec], secrets: &Secrets) -> Option<Receiving>;
}

impl ClientBuilder {
    /// A client whose messages go to `receiver`, with the layers of this builder. `namespace`: that of this
    /// builder, [checked](Self::check).
    pub(crate) fn over(self, namespace: Namespace, receiver: impl MessageReceiver) -> Client {
        let ClientParts { settings, link_options, layers } = self.into_parts(namespace);
        let session = Arc::new(Session::in_process(settings));
        let innermost = InProcess {
            session: Arc::clone(&session),
            receiver: Box::new(receiver),
            caller: Caller { user_id: None, app_id: link_options.app_id.map(Into::into) },
            methods: Mutex::default(),
        };
        let layers = layers.around_service(BoxClientService::erased(innermost));
        Client { session, layers: Some(layers), timeout: None }
    }
}

/// The innermost service of such a client.
struct InProcess {
    session: Arc<Session>,
    receiver: Box<dyn MessageReceiver>,
    caller: Caller,
    /// The methods that run: in tasks, as in a server, so that they do not end with the future of their call.
    methods: Mutex<JoinSet<()>>,
}

impl ErasedService for InProcess {
    fn call_boxed(self: Arc<Self>, call: OutgoingCall) -> ReplyFuture {
        Box::pin(async move {
            let remaining = call.remaining();
            let OutgoingCall { message, policy, .. } = call;
            let retries = RetryState::new(policy);
            let delivered = self.deliver(message, remaining, &retries.policy).await;
            delivered.unwrap_or_else(|error| Err(error.into_call_error(&retries)))
        })
    }
}

impl InProcess {
    /// The limits are those of a message that is sent: its timeout, a slot, the end of the session. The time is
    /// counted by tokio's clock, which tests may pause.
    async fn deliver(
        &self,
        message: OutgoingMessage,
        remaining: Duration,
        policy: &CallPolicy,
    ) -> Result<Result<Reply, CallError<NoError>>, DeliveryError> {
        let not_sent_in_time = || DeliveryError::NotSentInTime { not_connected: None };
        if remaining.is_zero() {
            return Err(not_sent_in_time());
        }
        let (session, kind) = (&*self.session, message.method.kind);
        let slots = if kind == MethodKind::Call { &session.slots } else { &session.one_way_slots };
        let mut timeout = pin!(tokio::time::sleep(remaining));
        let mut ended = pin!(end_of(session.watch_state()));
        let _slot = tokio::select! {
            biased;
            reason = &mut ended => return Err(DeliveryError::Ended(reason)),
            slot = acquire_slot(session, slots) => slot?,
            () = &mut timeout => return Err(not_sent_in_time()),
        };
        let correlation_id: SmolStr = Uuid::new_v4().to_string().into();
        let request = self.write(&message, remaining, &correlation_id);
        check_encodable(&request.exchange, &request.routing_key, &request.properties)
            .map_err(DeliveryError::Unwritable)?;
        let custom = Some(policy.codec.clone()).filter(AnyCodec::is_custom);
        let replied = match self.receiver.receive(request, custom.as_slice(), &session.settings.secrets) {
            Some(receiving) => self.spawn(receiving),
            None if kind == MethodKind::Event => return Ok(Ok(Reply::confirmed())),
            None => return Err(DeliveryError::unroutable(&message, false)),
        };
        let outcome = tokio::select! {
            biased;
            reply = reply_of(replied, kind) => reply,
            _ = ended => Err(DeliveryError::Disconnected(disconnect("this client was closed"), Phase::Sent)),
            () = timeout => Err(DeliveryError::TimedOut { found: None }),
        };
        match kind {
            MethodKind::Call => outcome.map(|reply| {
                self.read(
                    reply,
                    policy,
                    session.settings.secrets.of_reply_to(
                        message.method,
                        message.message_id.as_deref(),
                        || Some(correlation_id),
                    ),
                )
            }),
            // A broker would have confirmed it before its method began. That the method has run by then makes
            // tests easier to write; but it does not have to.
            _ => Ok(Ok(Reply::confirmed())),
        }
    }

    /// The message as a server receives it.
    fn write(&self, message: &OutgoingMessage, remaining: Duration, correlation_id: &SmolStr) -> Delivered {
        let (content_type, mut headers) = (&message.content_type, message.headers.clone());
        let (content_encoding, priority) = (None, message.priority);
        let is_call = message.method.kind == MethodKind::Call;
        let now = Instant::now();
        let reply_to = if is_call { REPLY_TO } else { "" };
        message.seal.add_to(&mut headers, correlation_id, reply_to, &message.body);
        let properties = if is_call {
            let request = CallRequest {
                name: message.name(),
                content_type,
                content_encoding,
                correlation_id: correlation_id.clone(),
                reply_to: &SmolStr::new_static(REPLY_TO),
                // `Duration::MAX` is beyond what the clock can count: no deadline.
                remaining: now.checked_add(remaining).map(|_| remaining),
                expiration_step: None,
                priority,
                message_id: message.message_id.as_deref().map(SmolStr::new),
                headers,
            };
            request.properties(&self.caller)
        } else {
            let request = OneWayRequest {
                name: message.name(),
                content_type,
                content_encoding,
                correlation_id: correlation_id.clone(),
                message_id: message.message_id.as_deref().map(SmolStr::new),
                priority,
                headers,
            };
            request.properties(&self.caller)
        };
        let (exchange, routing_key) = (&message.exchange, &message.routing_key);
        delivered(exchange, routing_key, properties, message.body.clone(), now)
    }

    fn spawn(&self, receiving: Receiving) -> oneshot::Receiver<Option<WrittenReply>> {
        let (sender, replied) = oneshot::channel();
        let mut methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        while methods.try_join_next().is_some() {}
        methods.spawn(async move {
            let reply = receiving.await;
            // Nobody may wait for it any more.
            let _ = sender.send(reply);
        });
        replied
    }

    fn read(
        &self,
        (properties, body): WrittenReply,
        policy: &CallPolicy,
        scope: MessageScope,
    ) -> Result<Reply, CallError<NoError>> {
        let (size, limit) = (body.len(), self.session.settings.max_reply_bytes);
        let refusal = (size > limit).then_some(Refusal::TooLarge { size: size as u64, limit });
        let reply = Delivered { refusal, ..delivered("", REPLY_TO, properties, body, Instant::now()) };
        let reading =
            Reading { idempotent: policy.idempotent, codec: &policy.codec, max_bytes: limit, scope };
        ReceivedReply::read(reply).1.open(reading)
    }
}

/// Waits for the reply of a call, which may never come, or for the end of a one-way message's method.
async fn reply_of(
    replied: oneshot::Receiver<Option<WrittenReply>>,
    kind: MethodKind,
) -> Result<WrittenReply, DeliveryError> {
    match replied.await {
        Ok(Some(reply)) => Ok(reply),
        // An untyped call of an event: no receiver replies to one.
        Ok(None) if kind == MethodKind::Call => pending().await,
        Ok(None) => Ok(WrittenReply::default()),
        Err(_) => {
            let reason = "the runtime that the method ran on has ended";
            Err(DeliveryError::Disconnected(disconnect(reason), Phase::Sent))
        }
    }
}

fn disconnect(reason: &str) -> Arc<Disconnect> {
    Arc::new(Disconnect::new(reason))
}

fn delivered(
    exchange: &str,
    routing_key: &str,
    properties: Properties,
    body: Bytes,
    received_at: Instant,
) -> Delivered {
    Delivered {
        tag: 1,
        redelivered: false,
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        properties,
        body,
        refusal: None,
        received_at,
    }
}
