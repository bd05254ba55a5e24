//! An untyped call, notification or event before its first poll: its body, with what its caller has said of it.

use std::borrow::Cow;

use super::{
    idempotency_key,
    untyped_body::{CodecError, UntypedBody},
};
use crate::{
    client::{
        delivery::{
            message::UntypedMethod,
            prepare::{EncodedRequest, NotPrepared, PreparedMessage, prepare},
        },
        handle::Client,
        options::CallOptions,
    },
    codec::AnyCodec,
    contract::{MethodDef, MethodKind, NoError},
    error::{CallError, Unencodable},
    message::Inherited,
    secrets::{MessageScope, RequestSeal},
};

/// The method that layers see of all untyped calls.
pub(super) const CALL: &MethodDef = &MethodDef::new("", "").routing_key("").queue("");

/// The method that layers see of all untyped notifications.
pub(super) const NOTIFICATION: &MethodDef = &CALL.notify();

/// The method that layers see of all untyped events.
pub(super) const EVENT: &MethodDef = &CALL.event();

pub(super) struct UntypedRequest<B> {
    pub(super) client: Client,
    pub(super) options: CallOptions,
    pub(super) exchange: Option<String>,
    pub(super) routing_key: Option<String>,
    pub(super) queue: Option<String>,
    /// What follows the routing key of an event; empty for none.
    pub(super) topic: String,
    pub(super) content_type: Cow<'static, str>,
    /// What a JSON value is written in.
    pub(super) codec: AnyCodec,
    pub(super) idempotent: bool,
    pub(super) key: Option<Box<str>>,
    method: &'static MethodDef,
    inherited: Inherited,
    body: B,
}

impl<B: UntypedBody> UntypedRequest<B> {
    pub(super) fn new(client: Client, method: &'static MethodDef, body: B) -> Self {
        Self {
            client,
            options: CallOptions::new(),
            exchange: None,
            routing_key: None,
            queue: None,
            topic: String::new(),
            content_type: Cow::Borrowed(B::CONTENT_TYPE),
            codec: AnyCodec::JSON,
            idempotent: false,
            key: None,
            method,
            inherited: Inherited::current(),
            body,
        }
    }

    /// Encodes the body, and addresses it to the method of this name.
    pub(super) fn prepare(&mut self, name: &str) -> Result<PreparedMessage, CallError<NoError>> {
        let unencodable = |why: CodecError| CallError::Encode(Unencodable(why));
        check_name(name).map_err(unencodable)?;
        if let Some(key) = &self.key {
            idempotency_key::check(key).map_err(CallError::Encode)?;
        }
        let body = MessageScope::NONE.run(|| self.body.encode(&self.codec)).map_err(unencodable)?;
        let settings = &self.client.session.settings;
        let checked = if B::HAS_CODEC {
            settings.secrets.check_value(&self.codec, &body)
        } else {
            settings.secrets.check_json(&body)
        };
        checked.map_err(|why| unencodable(why.into()))?;
        let is_addressed = self.exchange.is_some() || self.routing_key.is_some() || self.queue.is_some();
        if let Some(dialect) = settings.dialect.as_ref().filter(|_| is_addressed) {
            let why = format!(
                "the dialect `{}` addresses its calls; leave exchange, routing key and queue out",
                dialect.name()
            );
            return Err(unencodable(why.into()));
        }
        let exchange = self.exchange.take().unwrap_or_else(|| self.method.exchange.to_owned());
        let routing_key = self.routing_key.take().unwrap_or_else(|| name.to_owned());
        let is_event = self.method.kind == MethodKind::Event;
        let routing_key = self.with_topic(routing_key, is_event).map_err(unencodable)?;
        // On the default exchange the routing key is the name of a queue.
        let is_default = exchange.is_empty();
        let queue = self.queue.take().unwrap_or_else(|| {
            if is_event {
                // Each of its subscribers has a queue.
                String::new()
            } else if is_default {
                routing_key.clone()
            } else {
                MethodDef::service_of(name).to_owned()
            }
        });
        let routing_key =
            if is_default { settings.namespace.queue(&routing_key).into_owned() } else { routing_key };
        let request = EncodedRequest {
            method: self.method,
            exchange: settings.namespace.exchange(&exchange).into_owned().into(),
            routing_key: routing_key.into(),
            untyped: Some(Box::new(UntypedMethod { name: name.to_owned(), queue })),
            content_type: std::mem::take(&mut self.content_type),
            body,
            seal: RequestSeal::NONE,
            codec: self.codec.clone(),
            idempotent: self.idempotent,
            key: self.key.take(),
            inherited: std::mem::take(&mut self.inherited),
            options: std::mem::take(&mut self.options),
        };
        prepare(settings, self.client.timeout, request).map_err(NotPrepared::into_call_error)
    }
}

impl<B> UntypedRequest<B> {
    fn with_topic(&self, routing_key: String, is_event: bool) -> Result<String, CodecError> {
        let topic = &self.topic;
        if topic.is_empty() {
            return Ok(routing_key);
        }
        if !is_event {
            return Err(format!("topic {topic:?}: only an event has a topic").into());
        }
        if topic.split('.').any(str::is_empty) {
            return Err(format!("topic {topic:?} has an empty word").into());
        }
        Ok(format!("{routing_key}.{topic}"))
    }
}

fn check_name(name: &str) -> Result<(), CodecError> {
    if name.is_empty() {
        return Err("the name of the method is empty".into());
    }
    if name.split('.').any(str::is_empty) {
        return Err(format!("the name of the method, {name:?}, has an empty part").into());
    }
    Ok(())
}
