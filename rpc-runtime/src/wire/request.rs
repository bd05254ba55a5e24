//! The request as AMQP properties: how the client writes it and the server reads it.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

use crate::{
    codec::{self, AnyCodec, NotSpoken},
    contract::MethodDef,
    message::{Context, Delivered, Fault, FaultCode, Headers, IncomingCall, Properties, Refusal},
};

/// Delivery mode 1: calls are not persisted. Their callers time out before a broker is back.
const TRANSIENT: u8 = 1;

/// Delivery mode 2: what nobody waits for must survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// What a client says of itself in every request. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Stated only when asked for: the broker refuses one that is not the connection's own.
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) app_id: Option<Arc<str>>,
}

impl Caller {
    pub(crate) fn is_anonymous(&self) -> bool {
        self.user_id.is_none() && self.app_id.is_none()
    }
}

/// What differs from call to call.
pub(crate) struct Outgoing<'a> {
    /// Of the method.
    pub(crate) name: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) correlation_id: String,
    pub(crate) reply_to: &'a str,
    pub(crate) remaining: Option<Duration>,
    pub(crate) priority: Option<u8>,
    pub(crate) headers: Headers,
}

impl Outgoing<'_> {
    pub(crate) fn properties(self, caller: &Caller) -> Properties {
        Properties {
            content_type: Some(self.content_type.to_owned()),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(TRANSIENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            reply_to: Some(self.reply_to.to_owned()),
            expiration: self.remaining.map(|remaining| expiration(remaining).to_string()),
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.name.to_owned()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
            ..Properties::default()
        }
    }
}

/// What differs from notification to notification, and from event to event.
pub(crate) struct OneWay<'a> {
    pub(crate) method: &'static MethodDef,
    pub(crate) content_type: &'a str,
    pub(crate) correlation_id: String,
    pub(crate) message_id: Option<String>,
    pub(crate) priority: Option<u8>,
    pub(crate) headers: Headers,
}

impl OneWay<'_> {
    /// Without an address for replies, and without expiration: nobody gives up on it.
    pub(crate) fn properties(self, caller: &Caller) -> Properties {
        Properties {
            content_type: Some(self.content_type.to_owned()),
            headers: (!self.headers.is_empty()).then_some(self.headers),
            delivery_mode: Some(PERSISTENT),
            priority: self.priority,
            correlation_id: Some(self.correlation_id),
            message_id: self.message_id,
            timestamp: SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|age| age.as_secs()),
            kind: Some(self.method.full_name.to_owned()),
            user_id: caller.user_id.clone(),
            app_id: caller.app_id.clone(),
            ..Properties::default()
        }
    }
}

/// Milliseconds, rounded up so that a call never expires before its caller gives up, within what brokers accept.
fn expiration(remaining: Duration) -> u32 {
    u32::try_from(remaining.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// A request as the server received it, before anything in it is believed.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) return_address: ReturnAddress,
    /// The `type` property: names the method when the routing key does not.
    pub(crate) kind: Option<String>,
    pub(crate) body: Bytes,
    /// The rest is not what was sent.
    pub(crate) refusal: Option<Refusal>,
    content_type: Option<String>,
    /// What the body is written in.
    codec: Result<AnyCodec, NotSpoken>,
    content_encoding: Option<String>,
    expiration: Option<String>,
    pub(crate) redelivered: bool,
    exchange: String,
    pub(crate) routing_key: String,
    headers: Headers,
    pub(crate) caller: Caller,
    message_id: Option<String>,
    priority: Option<u8>,
}

/// Where the reply goes and what ties it to its call.
#[derive(Clone, Debug)]
pub(crate) struct ReturnAddress {
    /// Absent: nobody waits for a reply.
    pub(crate) reply_to: Option<String>,
    pub(crate) correlation_id: Option<String>,
    /// What the caller reads: that of its request, where it is known.
    pub(crate) codec: AnyCodec,
}

impl Received {
    /// `codecs` are those that the server was given.
    pub(crate) fn read(delivered: Delivered, codecs: &[AnyCodec]) -> Self {
        let Delivered { redelivered, exchange, routing_key, properties, body, refusal, .. } = delivered;
        let codec = codec::spoken(properties.content_type.as_deref(), codecs);
        Self {
            return_address: ReturnAddress {
                reply_to: properties.reply_to.filter(|address| !address.is_empty()),
                correlation_id: properties.correlation_id,
                codec: codec.clone().unwrap_or_default(),
            },
            kind: properties.kind,
            body,
            refusal,
            content_type: properties.content_type,
            codec,
            content_encoding: properties.content_encoding,
            expiration: properties.expiration,
            redelivered,
            exchange,
            routing_key,
            headers: properties.headers.unwrap_or_default(),
            caller: Caller { user_id: properties.user_id, app_id: properties.app_id },
            message_id: properties.message_id,
            priority: properties.priority,
        }
    }

    /// The codec of a body for `method`; of raw methods, which decode nothing, that of their faults.
    fn codec_for(&self, method: &MethodDef) -> Result<AnyCodec, NotSpoken> {
        codec::check_encoding(self.content_encoding.as_deref())?;
        match &self.codec {
            Err(_) if method.reads_anything => Ok(AnyCodec::JSON),
            codec => codec.clone(),
        }
    }

    /// The call, with the deadline counted from `received_at`. Its body is not decoded.
    ///
    /// # Errors
    /// When this server cannot read the body, or the time that is left.
    pub(crate) fn into_call(
        self,
        method: &'static MethodDef,
        received_at: Instant,
    ) -> Result<IncomingCall, Fault> {
        let codec = self
            .codec_for(method)
            .map_err(|foreign| Fault::new(FaultCode::UnsupportedMediaType, foreign.to_string()))?;
        let deadline = match self.expiration.as_deref() {
            None => None,
            Some(milliseconds) => {
                read_expiration(milliseconds)?.and_then(|budget| received_at.checked_add(budget))
            }
        };
        let context = Context {
            method,
            exchange: self.exchange,
            routing_key: self.routing_key,
            redelivered: self.redelivered,
            deadline,
            has_caller: self.return_address.reply_to.is_some(),
            headers: self.headers,
            content_type: self.content_type,
            user_id: self.caller.user_id,
            app_id: self.caller.app_id,
            message_id: self.message_id,
            correlation_id: self.return_address.correlation_id,
            priority: self.priority,
        };
        Ok(IncomingCall { context, codec, body: self.body })
    }
}

/// The clamped maximum means "as long as the broker can count", which is no limit at all.
fn read_expiration(milliseconds: &str) -> Result<Option<Duration>, Fault> {
    match milliseconds.parse::<u64>() {
        Ok(milliseconds) if milliseconds >= u64::from(u32::MAX) => Ok(None),
        Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds))),
        Err(_) => Err(Fault::new(
            FaultCode::BadRequest,
            format!("expiration {milliseconds:?} is not a number of milliseconds"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const METHOD: &MethodDef = &MethodDef::new("fib", "fib.compute");

    fn received(properties: Properties) -> Received {
        let delivered = Delivered {
            tag: 1,
            redelivered: false,
            exchange: "amqp-rpc".into(),
            routing_key: "fib.compute".into(),
            properties,
            body: Bytes::new(),
            refusal: None,
        };
        Received::read(delivered, &[])
    }

    #[test]
    fn the_remaining_time_is_rounded_up_and_clamped() {
        assert_eq!(expiration(Duration::from_nanos(1)), 1);
        assert_eq!(expiration(Duration::from_millis(250)), 250);
        assert_eq!(expiration(Duration::from_micros(250_001)), 251);
        assert_eq!(expiration(Duration::MAX), u32::MAX);
    }

    #[test]
    fn a_context_does_not_show_the_values_of_headers() {
        let headers = Headers::from_iter([("authorization", "secret")]);
        let received = received(Properties { headers: Some(headers), ..Properties::default() });
        let shown = format!("{:?}", received.into_call(METHOD, Instant::now()).unwrap());
        assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn what_the_client_writes_the_server_reads() {
        let headers: Headers = [("tenant", "acme")].into_iter().collect();
        let outgoing = Outgoing {
            name: METHOD.full_name,
            content_type: "application/json",
            correlation_id: "id".into(),
            reply_to: "replies",
            remaining: Some(Duration::from_secs(2)),
            priority: Some(3),
            headers: headers.clone(),
        };
        let caller = Caller { user_id: Some("guest".into()), app_id: Some("app".into()) };
        let received = received(outgoing.properties(&caller));
        assert_eq!(received.return_address.reply_to.as_deref(), Some("replies"));
        assert_eq!(received.kind.as_deref(), Some("fib.compute"));

        let now = Instant::now();
        let context = received.into_call(METHOD, now).unwrap().context;
        assert_eq!(context.deadline(), Some(now + Duration::from_secs(2)));
        assert_eq!(context.headers(), &headers);
        assert_eq!((context.user_id(), context.app_id()), (Some("guest"), Some("app")));
        assert_eq!((context.correlation_id(), context.priority()), (Some("id"), Some(3)));
    }

    #[test]
    fn an_empty_reply_address_is_none() {
        let request = received(Properties { reply_to: Some(String::new()), ..Properties::default() });
        assert_eq!(request.return_address.reply_to, None);
    }

    #[test]
    fn foreign_encodings_are_refused_by_name() {
        let gzip = received(Properties { content_encoding: Some("gzip".into()), ..Properties::default() });
        let fault = gzip.into_call(METHOD, Instant::now()).unwrap_err();
        assert_eq!(fault.code(), &FaultCode::UnsupportedMediaType);
        assert!(fault.message().contains("gzip"));
        received(Properties { content_encoding: Some("UTF-8".into()), ..Properties::default() })
            .into_call(METHOD, Instant::now())
            .unwrap();
    }

    proptest! {
        #[test]
        fn any_expiration_is_a_budget_or_a_fault(expiration: String) {
            let request = received(Properties { expiration: Some(expiration.clone()), ..Properties::default() });
            match request.into_call(METHOD, Instant::now()) {
                Ok(_) => prop_assert!(expiration.parse::<u64>().is_ok()),
                Err(fault) => prop_assert_eq!(fault.code(), &FaultCode::BadRequest),
            }
        }
    }
}
