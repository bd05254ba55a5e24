//! How requests and what is sent to clients look to rules and recordings.

use amq_protocol::protocol::{AMQPClass, basic};
use bytes::Bytes;

use super::{Incoming, Outgoing};
use crate::{
    faults::{Decree, Passenger},
    recorder::Payload,
};

impl Passenger for Incoming {
    fn payload(&self) -> Option<Payload> {
        match self {
            Self::Method(channel, method) => {
                Some(Payload { channel: *channel, method: Some(method.clone()), content: None })
            }
            Self::Publish { channel, publish, properties, body } => {
                let method = AMQPClass::Basic(basic::AMQPMethod::Publish(publish.clone()));
                let content = Some((properties.clone(), body.clone()));
                Some(Payload { channel: *channel, method: Some(method), content })
            }
            Self::Heartbeat => Some(Payload { channel: 0, method: None, content: None }),
            Self::Oversized { .. } | Self::Refused(_) | Self::Decreed(_) => None,
        }
    }

    fn raw(bytes: Bytes) -> Self {
        Self::Decreed(Decree::Say(bytes))
    }
}

impl Passenger for Outgoing {
    fn payload(&self) -> Option<Payload> {
        match self {
            Self::Method(channel, method) => {
                Some(Payload { channel: *channel, method: Some(method.clone()), content: None })
            }
            Self::Content(channel, method, properties, body) => {
                let content = Some((properties.clone(), body.clone()));
                Some(Payload { channel: *channel, method: Some(method.clone()), content })
            }
            Self::Heartbeat => Some(Payload { channel: 0, method: None, content: None }),
            Self::Raw(_) | Self::End | Self::Reset => None,
        }
    }

    fn raw(bytes: Bytes) -> Self {
        Self::Raw(bytes)
    }
}
