//! A call before its first poll: its request, with what its caller has said of it.

use std::{borrow::Cow, sync::Arc};

use crate::{
    client::{
        delivery::prepare::{EncodedRequest, PreparedMessage, prepare},
        handle::Client,
        options::CallOptions,
        settings::Settings,
    },
    contract::{Repetition, Request},
    error::{CallError, Unencodable},
    message::Inherited,
    wire::request::body_of,
};

pub(super) struct UnsentCall<R> {
    pub(super) client: Client,
    /// The options of the typed client.
    defaults: Arc<CallOptions>,
    pub(super) options: CallOptions,
    /// The topic of an event; empty without one.
    pub(super) topic: Box<str>,
    /// What a method passes on: the call may be awaited in another task, which inherits nothing.
    inherited: Inherited,
    request: R,
}

impl<R: Request> UnsentCall<R> {
    pub(super) fn new(client: Client, defaults: Arc<CallOptions>, request: R) -> Self {
        let (options, topic, inherited) = (CallOptions::new(), Box::default(), Inherited::current());
        Self { client, defaults, options, topic, inherited, request }
    }

    /// Validates, encodes and addresses the request.
    pub(super) fn prepare(&mut self) -> Result<PreparedMessage, CallError<R::Error>> {
        let Self { client, defaults, options, topic, inherited, request } = self;
        let (settings, method) = (&client.session.settings, R::METHOD);
        let routing_key = routing_key::<R>(settings, topic)?;
        if settings.validates {
            request.validate().map_err(CallError::Invalid)?;
        }
        let mut options = std::mem::take(options).or(defaults);
        let codec = options.codec.take().unwrap_or_else(|| settings.codec.clone());
        let (body, content_type) =
            body_of(request, &codec).map_err(|error| CallError::Encode(Unencodable(error)))?;
        let request = EncodedRequest {
            method,
            exchange: settings.namespace.exchange(method.exchange),
            routing_key,
            untyped: None,
            content_type: content_type.into(),
            body,
            codec,
            inherited: std::mem::take(inherited),
            idempotent: method.repetition == Repetition::Idempotent,
            options,
        };
        prepare(settings, client.timeout, request).map_err(CallError::TooLarge)
    }
}

/// The method's routing key; of an event, followed by its topic.
fn routing_key<R: Request>(
    settings: &Settings,
    topic: &str,
) -> Result<Cow<'static, str>, CallError<R::Error>> {
    let routing_key = settings.namespace.routing_key(R::METHOD);
    if topic.is_empty() {
        return Ok(routing_key);
    }
    if topic.split('.').any(str::is_empty) {
        return Err(CallError::Encode(Unencodable(format!("topic {topic:?} has an empty word").into())));
    }
    Ok(Cow::Owned(format!("{routing_key}.{topic}")))
}
