//! Requests and frames for clients as the interceptors see them.

use amq_protocol::protocol::{AMQPClass, basic};
use bytes::Bytes;

use crate::{
    interception::{Effect, Intercepted, Payload},
    protocol::{Incoming, Outgoing, OutgoingContent},
};

impl Intercepted for Incoming {
    fn payload(&self) -> Option<Payload> {
        match self {
            Self::Method(channel, method) => {
                Some(Payload { channel: *channel, method: Some(method.clone()), content: None, queue: None })
            }
            Self::Publish { channel, publish, properties, body } => {
                let method = AMQPClass::Basic(basic::AMQPMethod::Publish(publish.clone()));
                let content = Some((properties.clone(), body.clone()));
                Some(Payload { channel: *channel, method: Some(method), content, queue: None })
            }
            Self::Heartbeat => Some(Payload { channel: 0, method: None, content: None, queue: None }),
            Self::Oversized { .. } | Self::Invalid(_) | Self::Effect(_) => None,
        }
    }

    fn inject(bytes: Bytes) -> Self {
        Self::Effect(Effect::Inject(bytes))
    }
}

impl Intercepted for Outgoing {
    fn payload(&self) -> Option<Payload> {
        match self {
            Self::Method(channel, method) => {
                Some(Payload { channel: *channel, method: Some(method.clone()), content: None, queue: None })
            }
            Self::Content(OutgoingContent { channel, method, properties, body, queue }) => {
                let content = Some((properties.clone(), body.clone()));
                let queue = queue.clone();
                Some(Payload { channel: *channel, method: Some(method.clone()), content, queue })
            }
            Self::Heartbeat => Some(Payload { channel: 0, method: None, content: None, queue: None }),
            Self::Raw(_) | Self::End | Self::Reset => None,
        }
    }

    fn inject(bytes: Bytes) -> Self {
        Self::Raw(bytes)
    }
}
