//! What Celery and nameko have in common: their messages are those of kombu.

use amqp_rpc_runtime::{
    Headers,
    dialect::{Answered, Properties, SmolStr},
};

use crate::json::JSON;

/// The content encoding that kombu states of every body.
pub(crate) const UTF_8: &str = "utf-8";

/// The properties of a reply. It is transient: it is of no use after a restart of the broker.
pub(crate) fn reply_properties(answered: &Answered<'_>) -> Properties {
    Properties {
        content_type: Some(SmolStr::new_static(JSON)),
        content_encoding: Some(SmolStr::new_static(UTF_8)),
        headers: Some(Headers::new()),
        delivery_mode: Some(1),
        priority: Some(0),
        correlation_id: answered.correlation_id.map(SmolStr::from),
        ..Properties::default()
    }
}
