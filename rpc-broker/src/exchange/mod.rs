//! An exchange: its properties, its bindings, and the routing of messages.

mod bindings;
mod headers;
mod topic;

use std::collections::{BTreeSet, HashMap};

use amq_protocol::types::{AMQPValue, FieldTable, ShortString};

use crate::{
    erlang_term::type_name,
    inequivalence::{check_arguments, check_property},
    like::Like,
    properties::Table,
};
use bindings::Bindings;
use topic::Patterns;

const ALTERNATE: &str = "alternate-exchange";

/// The type of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Direct,
    Fanout,
    Topic,
    Headers,
}

impl Kind {
    /// Returns `None` for an unknown type.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Direct, Self::Fanout, Self::Topic, Self::Headers].into_iter().find(|kind| kind.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Fanout => "fanout",
            Self::Topic => "topic",
            Self::Headers => "headers",
        }
    }
}

/// The destination of a binding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Destination {
    Queue(ShortString),
    Exchange(ShortString),
}

#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) name: ShortString,
    pub(crate) durable: bool,
    pub(crate) auto_delete: bool,
    pub(crate) internal: bool,
    arguments: FieldTable,
    bindings: Bindings,
    routes: Routes,
}

/// An index of the bindings, by the type of the exchange.
#[derive(Debug)]
enum Routes {
    Direct(HashMap<ShortString, BTreeSet<Destination>>),
    Fanout,
    Topic(Patterns),
    Headers,
}

impl Routes {
    fn kind(&self) -> Kind {
        match self {
            Self::Direct(_) => Kind::Direct,
            Self::Fanout => Kind::Fanout,
            Self::Topic(_) => Kind::Topic,
            Self::Headers => Kind::Headers,
        }
    }
}

impl Exchange {
    pub(crate) fn new(
        name: ShortString,
        kind: Kind,
        durable: bool,
        auto_delete: bool,
        internal: bool,
        arguments: FieldTable,
    ) -> Self {
        let routes = match kind {
            Kind::Direct => Routes::Direct(HashMap::new()),
            Kind::Fanout => Routes::Fanout,
            Kind::Topic => Routes::Topic(Patterns::default()),
            Kind::Headers => Routes::Headers,
        };
        Self { name, durable, auto_delete, internal, arguments, bindings: Bindings::default(), routes }
    }

    /// Checks the arguments of a new binding. Unbinding does not check them.
    ///
    /// # Errors
    ///
    /// The broker's text of the 406.
    pub(crate) fn check_binding(&self, arguments: &FieldTable, like: Like) -> Result<(), String> {
        match self.routes {
            Routes::Headers => headers::check(arguments, like),
            _ => Ok(()),
        }
    }

    /// Adds a binding; returns false when it exists. Bindings with different arguments are different.
    pub(crate) fn bind(
        &mut self,
        destination: Destination,
        routing_key: ShortString,
        arguments: FieldTable,
    ) -> bool {
        let Some(first) = self.bindings.add(&destination, &routing_key, arguments) else { return false };
        if first {
            match &mut self.routes {
                Routes::Direct(keys) => {
                    keys.entry(routing_key).or_default().insert(destination);
                }
                Routes::Topic(patterns) => patterns.add(routing_key.as_str(), destination),
                Routes::Fanout | Routes::Headers => {}
            }
        }
        true
    }

    /// Removes a binding; returns false when there is none with exactly these arguments.
    pub(crate) fn unbind(
        &mut self,
        destination: &Destination,
        routing_key: &ShortString,
        arguments: &FieldTable,
    ) -> bool {
        let Some(last) = self.bindings.remove(destination, routing_key, arguments) else { return false };
        if last {
            self.forget(destination, routing_key);
        }
        true
    }

    /// Removes all bindings to a destination; returns false when there was none.
    pub(crate) fn remove_destination(&mut self, destination: &Destination) -> bool {
        let keys = self.bindings.remove_destination(destination);
        for key in &keys {
            self.forget(destination, key);
        }
        !keys.is_empty()
    }

    fn forget(&mut self, destination: &Destination, routing_key: &ShortString) {
        match &mut self.routes {
            Routes::Direct(keys) => {
                let Some(destinations) = keys.get_mut(routing_key) else { return };
                destinations.remove(destination);
                if destinations.is_empty() {
                    keys.remove(routing_key);
                }
            }
            Routes::Topic(patterns) => patterns.remove(routing_key.as_str(), destination),
            Routes::Fanout | Routes::Headers => {}
        }
    }

    /// Appends the destinations of a message; one of them may be appended several times. The headers are read
    /// only when they matter.
    pub(crate) fn route(
        &self,
        routing_key: &str,
        headers: &mut dyn FnMut() -> Option<Table>,
        found: &mut Vec<Destination>,
    ) {
        match &self.routes {
            Routes::Direct(keys) => found.extend(keys.get(routing_key).into_iter().flatten().cloned()),
            Routes::Fanout => found.extend(self.bindings.destinations().cloned()),
            Routes::Topic(patterns) => patterns.route(routing_key, found),
            Routes::Headers if self.is_unbound() => {}
            Routes::Headers => {
                let headers = headers().unwrap_or_default();
                let matching = self.bindings().filter(|(_, _, wanted)| headers::matches(wanted, &headers));
                found.extend(matching.map(|(destination, _, _)| destination.clone()));
            }
        }
    }

    /// Returns the bindings in the order of destinations and keys.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = (&Destination, &ShortString, &FieldTable)> {
        self.bindings.iter()
    }

    pub(crate) fn is_unbound(&self) -> bool {
        self.bindings.is_empty()
    }

    /// The alternate exchange, for messages without a destination.
    pub(crate) fn alternate(&self) -> Option<&str> {
        match self.arguments.inner().get(ALTERNATE)? {
            AMQPValue::LongString(name) => std::str::from_utf8(name.as_bytes()).ok(),
            _ => None,
        }
    }

    /// Returns the difference between this exchange and its new declaration, as RabbitMQ's text of the 406;
    /// `None` without one. Arguments other than the alternate exchange may differ.
    pub(crate) fn inequivalence(
        &self,
        kind: Kind,
        durable: bool,
        auto_delete: bool,
        internal: bool,
        arguments: &FieldTable,
        vhost: &str,
    ) -> Option<String> {
        let resource = resource(self.name.as_str(), vhost);
        check_property("type", &resource, self.routes.kind().name(), kind.name())
            .and_then(|()| check_property("durable", &resource, self.durable, durable))
            .and_then(|()| check_property("auto_delete", &resource, self.auto_delete, auto_delete))
            .and_then(|()| check_property("internal", &resource, self.internal, internal))
            .and_then(|()| check_arguments(&[ALTERNATE], &resource, &self.arguments, arguments))
            .err()
    }
}

/// Reads the alternate exchange from the arguments of a declaration. It need not exist.
///
/// # Errors
///
/// RabbitMQ's text of the 406 when it is not a string.
pub(crate) fn alternate_exchange(
    arguments: &FieldTable,
    name: &str,
    vhost: &str,
) -> Result<Option<String>, String> {
    match arguments.inner().get(ALTERNATE) {
        None => Ok(None),
        Some(AMQPValue::LongString(alternate)) => Ok(Some(alternate.to_string())),
        Some(other) => {
            let (kind, resource) = (type_name(other), resource(name, vhost));
            Err(format!("invalid type '{kind}' for arg '{ALTERNATE}' in {resource}"))
        }
    }
}

fn resource(name: &str, vhost: &str) -> String {
    format!("exchange '{name}' in vhost '{vhost}'")
}

#[cfg(test)]
mod tests;
