//! Resolves and validates wire names, exchanges, queues and routing keys. Changes when a rule for names does.

use quote::ToTokens;
use syn::{Ident, LitStr};

use crate::{
    attrs::{MethodKeys, ServiceKeys},
    diagnostics::{ErrorKind, Errors},
    model::{Address, Kind},
    names,
};

/// The longest name that AMQP can encode, in bytes.
const LIMIT: usize = 255;
/// The prefix of queue and exchange names that AMQP reserves for the broker.
const RESERVED: &str = "amq.";
/// Begins the names of the methods that every server has.
const RESERVED_SIGN: char = '$';

/// The defaults of a service, for the addresses of its methods.
pub(super) struct ServiceAddress {
    pub(super) name: String,
    exchange: String,
    event_exchange: String,
    /// `None` on the default exchange, where each method has a queue.
    queue: Option<String>,
}

impl ServiceAddress {
    /// Applies the defaults to the keys of the trait.
    pub(super) fn resolve(service: &Ident, keys: &ServiceKeys, errors: &mut Errors) -> Self {
        let name = keys.name.as_ref().and_then(|text| service_name(text, errors));
        let name = name.unwrap_or_else(|| names::service_name(service));
        let exchange = keys.exchange.as_ref().and_then(|text| exchange_name(text, errors));
        let exchange = exchange.unwrap_or_else(|| names::DEFAULT_EXCHANGE.to_owned());
        let event_exchange = keys.event_exchange.as_ref().and_then(|text| event_exchange_name(text, errors));
        let event_exchange = event_exchange.unwrap_or_else(|| names::EVENT_EXCHANGE.to_owned());
        let queue = match &keys.queue {
            Some(text) if exchange.is_empty() => {
                errors.at(text, ErrorKind::QueueOnDefaultExchange);
                None
            }
            Some(text) => queue_name("queue", text, errors).or_else(|| Some(name.clone())),
            None if exchange.is_empty() => None,
            None => Some(name.clone()),
        };
        Self { name, exchange, event_exchange, queue }
    }

    /// The address of a method.
    pub(super) fn of_method(
        &self,
        method: &Ident,
        kind: Kind,
        keys: &MethodKeys,
        errors: &mut Errors,
    ) -> Address {
        let name = keys.name.as_ref().and_then(|text| method_name(text, errors));
        let full_name = names::full_name(&self.name, &name.unwrap_or_else(|| names::unraw(method)));
        if full_name.len() > LIMIT {
            let (full_name, length) = (full_name.clone(), full_name.len());
            let error = ErrorKind::LongFullName { full_name, length, limit: LIMIT };
            errors.at(
                keys.name.as_ref().map_or_else(|| method.to_token_stream(), ToTokens::to_token_stream),
                error,
            );
        }
        if kind == Kind::Event {
            return self.of_event(method, full_name, keys, errors);
        }
        let routing_key = keys.routing_key.as_ref().and_then(|text| self.routing_key(text, errors));
        let routing_key = routing_key.unwrap_or_else(|| full_name.clone());
        let queue = match (&keys.queue, &self.queue) {
            (Some(text), None) => {
                if text.value() != routing_key {
                    errors.at(text, ErrorKind::RoutingKeyIsQueue { routing_key: routing_key.clone() });
                }
                routing_key.clone()
            }
            (None, None) => routing_key.clone(),
            (Some(text), Some(of_service)) => {
                queue_name("queue", text, errors).unwrap_or_else(|| of_service.clone())
            }
            (None, Some(of_service)) => of_service.clone(),
        };
        Address { full_name, exchange: self.exchange.clone(), routing_key, queue }
    }

    /// The address of an event: it has no queue, and its routing key is the prefix of the published ones.
    fn of_event(&self, method: &Ident, full_name: String, keys: &MethodKeys, errors: &mut Errors) -> Address {
        if let Some(text) = &keys.queue {
            errors.at(text, ErrorKind::QueueOfEvent { method: names::unraw(method) });
        }
        let routing_key = keys.routing_key.as_ref().and_then(|text| {
            let key = name("routing_key", text, errors)?;
            let has_wildcard = key.split('.').any(|word| ["", "*", "#"].contains(&word));
            if has_wildcard {
                errors.at(text, ErrorKind::WildEvent { routing_key: key.clone() });
            }
            (!has_wildcard).then_some(key)
        });
        let routing_key = routing_key.unwrap_or_else(|| full_name.clone());
        Address { full_name, exchange: self.event_exchange.clone(), routing_key, queue: String::new() }
    }

    /// A routing key; on the default exchange it is the name of a queue.
    fn routing_key(&self, text: &LitStr, errors: &mut Errors) -> Option<String> {
        if self.exchange.is_empty() {
            queue_name("routing_key", text, errors)
        } else {
            name("routing_key", text, errors)
        }
    }
}

/// A service's name, which its queue has as well.
fn service_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = queue_name("name", text, errors)?;
    unreserved(value, text, errors)
}

/// Checks that no part of the name is one of those that every server has.
fn unreserved(value: String, text: &LitStr, errors: &mut Errors) -> Option<String> {
    if value.split('.').any(|part| part.starts_with(RESERVED_SIGN)) {
        errors.at(text, ErrorKind::ReservedMethodName { name: value });
        return None;
    }
    Some(value)
}

fn method_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name("name", text, errors)?;
    if value.contains('.') {
        errors.at(text, ErrorKind::DottedName { name: value });
        return None;
    }
    unreserved(value, text, errors)
}

fn queue_name(key: &'static str, text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name(key, text, errors)?;
    if value.starts_with(RESERVED) {
        errors.at(text, ErrorKind::ReservedName { key });
        return None;
    }
    Some(value)
}

/// An exchange for calls; empty is the default exchange.
fn exchange_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    if text.value().is_empty() {
        return Some(String::new());
    }
    let value = name("exchange", text, errors)?;
    if value.starts_with(RESERVED) && value != "amq.direct" {
        errors.at(text, ErrorKind::ReservedExchange);
        return None;
    }
    Some(value)
}

/// An exchange for events, which cannot be the default exchange: it has no topics.
fn event_exchange_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name("event_exchange", text, errors)?;
    if value.starts_with(RESERVED) && value != "amq.topic" {
        errors.at(text, ErrorKind::ReservedEventExchange);
        return None;
    }
    Some(value)
}

/// Checks the rules of every wire name.
pub(super) fn name(key: &'static str, text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = text.value();
    let error = if value.is_empty() {
        ErrorKind::EmptyName { key }
    } else if value.len() > LIMIT {
        ErrorKind::LongName { key, length: value.len(), limit: LIMIT }
    } else if value.chars().any(char::is_control) {
        ErrorKind::ControlCharacter { key }
    } else {
        return Some(value);
    };
    errors.at(text, error);
    None
}
