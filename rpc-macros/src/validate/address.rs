//! Names on the wire, exchanges, queues and routing keys. Changes when the rules for names do.

use quote::ToTokens;
use syn::{Ident, LitStr};

use crate::{
    attrs::{MethodKeys, ServiceKeys},
    diagnostics::{Errors, Mistake},
    model::{Address, Kind},
    names,
};

/// How many bytes AMQP has for a name.
const LIMIT: usize = 255;
/// Names of queues and exchanges that begin like this belong to the broker.
const RESERVED: &str = "amq.";

/// Where the methods of a service are found unless they say otherwise.
pub(super) struct ServiceAddress {
    pub(super) name: String,
    exchange: String,
    event_exchange: String,
    /// Nothing on the default exchange, where each method has its own.
    queue: Option<String>,
}

impl ServiceAddress {
    /// Applies the defaults to what the trait says.
    pub(super) fn resolve(service: &Ident, keys: &ServiceKeys, errors: &mut Errors) -> Self {
        let name = keys.name.as_ref().and_then(|text| queue_name("name", text, errors));
        let name = name.unwrap_or_else(|| names::service_name(service));
        let exchange = keys.exchange.as_ref().and_then(|text| exchange_name(text, errors));
        let exchange = exchange.unwrap_or_else(|| names::DEFAULT_EXCHANGE.to_owned());
        let event_exchange = keys.event_exchange.as_ref().and_then(|text| event_exchange_name(text, errors));
        let event_exchange = event_exchange.unwrap_or_else(|| names::EVENT_EXCHANGE.to_owned());
        let queue = match &keys.queue {
            Some(text) if exchange.is_empty() => {
                errors.at(text, Mistake::QueueOnDefaultExchange);
                None
            }
            Some(text) => queue_name("queue", text, errors).or_else(|| Some(name.clone())),
            None if exchange.is_empty() => None,
            None => Some(name.clone()),
        };
        Self { name, exchange, event_exchange, queue }
    }

    /// The address of a method, and the part of its full name that is its own.
    pub(super) fn of_method(
        &self,
        method: &Ident,
        kind: Kind,
        keys: &MethodKeys,
        errors: &mut Errors,
    ) -> Address {
        let name = keys.name.as_ref().and_then(|text| method_name(text, errors));
        let full_name = names::full_name(&self.name, &name.unwrap_or_else(|| names::spoken(method)));
        if full_name.len() > LIMIT {
            let (full_name, length) = (full_name.clone(), full_name.len());
            let mistake = Mistake::LongFullName { full_name, length, limit: LIMIT };
            errors.at(
                keys.name.as_ref().map_or_else(|| method.to_token_stream(), ToTokens::to_token_stream),
                mistake,
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
                    errors.at(text, Mistake::RoutingKeyIsQueue { routing_key: routing_key.clone() });
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

    /// An event has no queue, and its routing key is the beginning of what is published under it.
    fn of_event(&self, method: &Ident, full_name: String, keys: &MethodKeys, errors: &mut Errors) -> Address {
        if let Some(text) = &keys.queue {
            errors.at(text, Mistake::QueueOfEvent { method: names::spoken(method) });
        }
        let routing_key = keys.routing_key.as_ref().and_then(|text| {
            let key = name("routing_key", text, errors)?;
            let is_wild = key.split('.').any(|word| ["", "*", "#"].contains(&word));
            if is_wild {
                errors.at(text, Mistake::WildEvent { routing_key: key.clone() });
            }
            (!is_wild).then_some(key)
        });
        let routing_key = routing_key.unwrap_or_else(|| full_name.clone());
        Address { full_name, exchange: self.event_exchange.clone(), routing_key, queue: String::new() }
    }

    /// On the default exchange a routing key names a queue.
    fn routing_key(&self, text: &LitStr, errors: &mut Errors) -> Option<String> {
        if self.exchange.is_empty() {
            queue_name("routing_key", text, errors)
        } else {
            name("routing_key", text, errors)
        }
    }
}

fn method_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name("name", text, errors)?;
    if value.contains('.') {
        errors.at(text, Mistake::DottedName { name: value });
        return None;
    }
    Some(value)
}

fn queue_name(key: &'static str, text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name(key, text, errors)?;
    if value.starts_with(RESERVED) {
        errors.at(text, Mistake::ReservedName { key });
        return None;
    }
    Some(value)
}

/// An exchange may be empty, which is the default exchange.
fn exchange_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    if text.value().is_empty() {
        return Some(String::new());
    }
    let value = name("exchange", text, errors)?;
    if value.starts_with(RESERVED) && value != "amq.direct" {
        errors.at(text, Mistake::ReservedExchange);
        return None;
    }
    Some(value)
}

/// The default exchange knows no topics.
fn event_exchange_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = name("event_exchange", text, errors)?;
    if value.starts_with(RESERVED) && value != "amq.topic" {
        errors.at(text, Mistake::ReservedEventExchange);
        return None;
    }
    Some(value)
}

/// What every name on the wire has to be.
fn name(key: &'static str, text: &LitStr, errors: &mut Errors) -> Option<String> {
    let value = text.value();
    let mistake = if value.is_empty() {
        Mistake::EmptyName { key }
    } else if value.len() > LIMIT {
        Mistake::LongName { key, length: value.len(), limit: LIMIT }
    } else if value.chars().any(char::is_control) {
        Mistake::ControlCharacter { key }
    } else {
        return Some(value);
    };
    errors.at(text, mistake);
    None
}
