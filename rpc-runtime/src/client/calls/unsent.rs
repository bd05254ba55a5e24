//! A call before its first poll: its request, with what its caller has said of it.

use std::{borrow::Cow, sync::Arc};

use super::idempotency_key;
use crate::{
    client::{
        delivery::prepare::{EncodedRequest, NotPrepared, PreparedMessage, new_key, prepare},
        handle::Client,
        options::CallOptions,
        settings::Settings,
    },
    codec::RAW,
    contract::{Repetition, Request},
    error::{CallError, Unencodable},
    message::{Inherited, Partition, cluster_lock},
    wire::{partition::partition_key, request::body_of},
};

pub(super) struct UnsentCall<R> {
    pub(super) client: Client,
    /// The options of the typed client.
    defaults: Arc<CallOptions>,
    pub(super) options: CallOptions,
    /// What few messages have.
    extras: Option<Box<Extras>>,
    /// What a method passes on: the call may be awaited in another task, which inherits nothing.
    inherited: Inherited,
    request: R,
}

/// What few messages have. Allocated apart: every future of a call has room for it.
#[derive(Default)]
struct Extras {
    /// The topic of an event; empty without one.
    topic: Box<str>,
    /// The idempotency key.
    key: Option<Box<str>>,
}

impl<R: Request> UnsentCall<R> {
    /// Whether a repeat of the call is answered with the reply of the first: then it may be sent again.
    const IS_DEDUPLICATED: bool = matches!(R::METHOD.repetition, Repetition::Deduplicated);

    pub(super) fn new(client: Client, defaults: Arc<CallOptions>, request: R) -> Self {
        let (options, inherited) = (CallOptions::new(), Inherited::current());
        let mut unsent = Self { client, defaults, options, extras: None, inherited, request };
        if Self::IS_DEDUPLICATED {
            unsent.set_key(new_key());
        }
        unsent
    }

    pub(super) fn set_topic(&mut self, topic: Box<str>) {
        self.extras.get_or_insert_default().topic = topic;
    }

    pub(super) fn set_key(&mut self, key: Box<str>) {
        self.extras.get_or_insert_default().key = Some(key);
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.extras.as_ref()?.key.as_deref()
    }

    /// Validates, encodes and addresses the request.
    pub(super) fn prepare(&mut self) -> Result<PreparedMessage, CallError<R::Error>> {
        let Self { client, defaults, options, extras, inherited, request } = self;
        let Extras { topic, key } = extras.take().map(|extras| *extras).unwrap_or_default();
        let (settings, method) = (&client.session.settings, R::METHOD);
        let routing_key = routing_key(settings, request, &topic)?;
        if let Some(key) = &key {
            idempotency_key::check(key).map_err(CallError::Encode)?;
        }
        if settings.validates {
            request.validate().map_err(CallError::Invalid)?;
        }
        let mut options = std::mem::take(options).or(defaults);
        let codec = options.codec.take().unwrap_or_else(|| settings.codec.clone());
        let unencodable = |error| CallError::Encode(Unencodable(error));
        let scope = settings.secrets.of_request(method.full_name);
        let (body, content_type) = scope.run(|| body_of(request, &codec)).map_err(unencodable)?;
        if content_type != RAW {
            let checked = settings.secrets.check_names::<R>(&codec, &body);
            checked.map_err(|why| unencodable(why.into()))?;
        }
        let request = EncodedRequest {
            method,
            exchange: settings.namespace.exchange(method.exchange),
            routing_key,
            untyped: None,
            content_type: content_type.into(),
            body,
            seal: scope.seal(),
            codec,
            inherited: std::mem::take(inherited),
            idempotent: Self::IS_DEDUPLICATED || method.repetition == Repetition::Idempotent,
            key,
            options,
        };
        prepare(settings, client.timeout, request).map_err(NotPrepared::into_call_error)
    }
}

/// The method's routing key; of an event, followed by its topic. Locked in a cluster, that of the partition of the
/// request's key.
fn routing_key<R: Request>(
    settings: &Settings,
    request: &R,
    topic: &str,
) -> Result<Cow<'static, str>, CallError<R::Error>> {
    if let Some(lock) = cluster_lock(R::METHOD) {
        let partition = Partition::of_key(&request.lock_key().unwrap_or_default(), lock.partitions);
        return Ok(Cow::Owned(partition_key(R::METHOD, partition, &settings.namespace)));
    }
    let routing_key = settings.namespace.routing_key(R::METHOD);
    if topic.is_empty() {
        return Ok(routing_key);
    }
    if topic.split('.').any(str::is_empty) {
        return Err(CallError::Encode(Unencodable(format!("topic {topic:?} has an empty word").into())));
    }
    Ok(Cow::Owned(format!("{routing_key}.{topic}")))
}
