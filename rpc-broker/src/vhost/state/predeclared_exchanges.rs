//! The exchanges that every virtual host has.

use std::collections::HashMap;

use amq_protocol::types::{FieldTable, ShortString};

use crate::exchange::{Exchange, Kind};

/// Creates the predeclared exchanges. The default exchange is not among them: it routes by queue name.
pub(in crate::vhost) fn predeclared() -> HashMap<ShortString, Exchange> {
    let exchanges = [
        ("amq.direct", Kind::Direct, false),
        ("amq.fanout", Kind::Fanout, false),
        ("amq.topic", Kind::Topic, false),
        ("amq.headers", Kind::Headers, false),
        ("amq.match", Kind::Headers, false),
        ("amq.rabbitmq.trace", Kind::Topic, true),
    ];
    let exchanges = exchanges.into_iter().map(|(name, kind, internal)| {
        let name = ShortString::from(name);
        (name.clone(), Exchange::new(name, kind, true, false, internal, FieldTable::default()))
    });
    exchanges.collect()
}
