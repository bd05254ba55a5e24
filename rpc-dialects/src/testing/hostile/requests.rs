//! Requests that no peer sends.

use std::cell::RefCell;

use amqp_rpc_runtime::{
    Fault, FaultCode, HeaderValue, Headers,
    contract::ServiceDef,
    dialect::{
        Answer, Answered, Delivery, Incoming, Outcome, Properties, ReplyMessage, ServerDialect, SmolStr,
    },
};
use bytes::Bytes;

use super::messages::{CONTENT_TYPES, bodies, header_values, nested, survives};

/// The headers that frameworks name a request, its id and its end with: to have one of the right type is to be read further.
const HEADERS: [(&str, &str); 3] =
    [("task", ""), ("id", "1"), ("expires", "9999-12-31T23:59:59.999999+00:00")];
/// Headers that are no part of a request, and change how it is read.
const MORE_HEADERS: [&str; 6] = ["eta", "compression", "ignore_result", "x-death", "From", "fault"];
/// What messages are, in frameworks that say so.
const KINDS: [&str; 4] = ["call", "result", "error", ""];
/// Requests that frameworks with headers, and some without, read to their end.
const WELLFORMED: [&[u8]; 4] = [
    b"{\"n\":30}",
    b"[[30],{},{\"callbacks\":null,\"errbacks\":null,\"chain\":null,\"chord\":null}]",
    b"{\"args\":[30],\"kwargs\":{}}",
    b"{\"pattern\":\"compute\",\"data\":{\"n\":30},\"id\":\"1\"}",
];
/// An error of a method that has the members of ours, of the wrong type.
const ERROR_OF_OTHERS: &[u8] = b"{\"code\":[],\"message\":7,\"type\":{},\"status\":null}";
const JSON: &str = "application/json";
/// The most bytes of AMQP's short texts: ids, and where a reply goes.
const LONGEST: usize = 255;

/// Checks that the server of a dialect survives `service`'s requests with the bodies and properties of other frameworks, and
/// garbage: headers, ids and patterns of the wrong type and of any length, and JSON of a thousand levels. And that it sends no
/// reply to the queues of its own requests.
///
/// # Errors
/// What it does not survive.
pub fn check_hostile(server: &dyn ServerDialect, service: &ServiceDef) -> Result<(), String> {
    let topology = server.topology(service).map_err(|why| why.to_string())?.topology;
    let bindings = topology.bindings.iter();
    let keys =
        bindings.flat_map(|binding| [binding.routing_key.clone(), binding.routing_key.replace('*', "any")]);
    let queues = topology.queues.iter().map(|queue| queue.name.clone());
    let names = service.methods.iter().map(|method| method.full_name.to_owned());
    let mut addresses: Vec<_> = keys.chain(queues).chain(names).collect();
    addresses.extend(["celery", "rpc_queue", "amq.topic", "#", "*"].map(str::to_owned));
    if let Some(address) = addresses.iter().find(|address| server.allows_reply_to(address)) {
        return Err(format!("a reply to {address:?} would be somebody's request"));
    }
    addresses.sort();
    addresses.dedup();
    let requests = Requests {
        server,
        service,
        exchanges: topology.exchanges.iter().map(|exchange| exchange.name.clone()).collect(),
        faults: FaultCode::KNOWN.iter().map(|code| Fault::new(code.clone(), "\"")).collect(),
        garbage: Bytes::from_static(b"\xff"),
        errors: [nested("[", "]").into(), Bytes::from_static(ERROR_OF_OTHERS)],
        answered: RefCell::default(),
    };
    let bodies = bodies();
    for exchange in requests.exchanges.iter().map(String::as_str).chain([""]) {
        for key in addresses.iter().map(String::as_str).chain(["", "."]) {
            for content_type in CONTENT_TYPES {
                requests.check((exchange, key), &properties_of(content_type), &bodies)?;
            }
        }
    }
    // By where requests do arrive.
    let wellformed = WELLFORMED.map(Bytes::from_static);
    let bindings = topology.bindings.iter().map(|binding| (&*binding.exchange, &*binding.routing_key));
    for route in bindings.chain(topology.queues.iter().map(|queue| ("", &*queue.name))) {
        for properties in readable_properties(service) {
            requests.check(route, &properties, &bodies)?;
        }
        for headers in hostile_headers(service) {
            let properties = Properties { headers: Some(headers), ..properties_of(Some(JSON)) };
            requests.check(route, &properties, &wellformed)?;
        }
    }
    Ok(())
}

struct Requests<'a> {
    server: &'a dyn ServerDialect,
    service: &'a ServiceDef,
    exchanges: Vec<String>,
    /// One of each code.
    faults: Vec<Fault>,
    garbage: Bytes,
    errors: [Bytes; 2],
    answered: RefCell<Vec<Asked>>,
}

/// All of a request that its answer is made of.
#[derive(PartialEq)]
struct Asked {
    exchange: SmolStr,
    kept: Headers,
    reply_to: Option<SmolStr>,
    correlation_id: Option<SmolStr>,
}

fn properties_of(content_type: Option<&str>) -> Properties {
    Properties {
        content_type: content_type.map(Into::into),
        reply_to: Some("amq.gen-1".into()),
        correlation_id: Some("1".into()),
        ..Properties::default()
    }
}

/// Properties that leave all to the body.
fn readable_properties(service: &ServiceDef) -> Vec<Properties> {
    let json = || properties_of(Some(JSON));
    let longest = "1".repeat(LONGEST);
    let ids = [None, Some(longest.as_str())].map(|id| {
        let id = id.map(Into::into);
        Properties { correlation_id: id.clone(), message_id: id, ..json() }
    });
    let content_types = CONTENT_TYPES.map(properties_of).into_iter();
    let kinds = KINDS.map(|kind| Properties { kind: Some(kind.into()), ..json() });
    let methods = service
        .methods
        .iter()
        .map(|method| Properties { headers: Some(headers_of(method.full_name)), ..json() });
    content_types.chain(kinds).chain(ids).chain(methods).collect()
}

/// The headers of a request of this method.
fn headers_of(method: &str) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in HEADERS {
        headers.insert(name, if value.is_empty() { method } else { value });
    }
    headers
}

/// The headers of a request with each of them, and with each other one, in each type.
fn hostile_headers(service: &ServiceDef) -> Vec<Headers> {
    let right = headers_of(service.methods.first().map_or("nothing", |method| method.full_name));
    let names = HEADERS.iter().map(|(name, _)| *name).chain(MORE_HEADERS);
    let mut all: Vec<_> = names
        .flat_map(|name| header_values().into_iter().map(move |value| (name, value)))
        .map(|(name, value)| {
            let mut headers = right.clone();
            headers.insert(name, value);
            headers
        })
        .collect();
    let deep = (0..100).fold(right, |headers, _| {
        let mut table = Headers::new();
        table.insert("task", HeaderValue::Table(headers));
        table
    });
    all.push(deep);
    all
}

impl Requests<'_> {
    fn check(
        &self,
        (exchange, key): (&str, &str),
        properties: &Properties,
        bodies: &[Bytes],
    ) -> Result<(), String> {
        bodies.iter().try_for_each(|body| {
            let delivery = Delivery::new(exchange, key, properties.clone(), body.clone());
            survives(&delivery, |delivery| self.serve(delivery))
        })
    }

    fn outcomes(&self) -> impl Iterator<Item = Outcome<'_>> {
        let [deep, of_others] = &self.errors;
        self.faults.iter().map(Outcome::Fault).chain([
            Outcome::Value { content_type: JSON, body: &self.garbage },
            Outcome::Value { content_type: "application/octet-stream", body: &self.garbage },
            Outcome::Error { content_type: "application/msgpack", body: &self.garbage, text: None },
            Outcome::Error { content_type: JSON, body: deep, text: None },
            Outcome::Error { content_type: JSON, body: of_others, text: Some("\"") },
        ])
    }

    /// Reads a request, and answers it with every outcome, unless one like it was answered.
    fn serve(&self, delivery: Delivery) -> Result<(), String> {
        let exchange = delivery.exchange.clone();
        let (properties, kept) = match self.server.read_request(self.service, delivery) {
            Incoming::Request(request) => (request.properties, request.kept),
            Incoming::Refused { properties, kept, .. } => (*properties, kept),
            Incoming::Ignored(_) => return Ok(()),
        };
        let Properties { reply_to, correlation_id, .. } = properties;
        let asked = Asked { exchange, kept, reply_to, correlation_id };
        if !self.answered.borrow().contains(&asked) {
            self.answer(&asked)?;
            self.answered.borrow_mut().push(asked);
        }
        Ok(())
    }

    fn answer(&self, asked: &Asked) -> Result<(), String> {
        for outcome in self.outcomes() {
            for reply_to in [asked.reply_to.as_deref(), None] {
                let mut answered = Answered::new(outcome, &asked.kept);
                answered.method = self.service.methods.first().copied();
                answered.exchange = &asked.exchange;
                answered.reply_to = reply_to;
                answered.correlation_id = asked.correlation_id.as_deref();
                if let Answer::Reply(reply) = self.server.answer(&answered) {
                    check_reply(&reply, &self.exchanges)?;
                }
            }
        }
        Ok(())
    }
}

fn check_reply(reply: &ReplyMessage, exchanges: &[String]) -> Result<(), String> {
    let ReplyMessage { exchange, properties, .. } = reply;
    if !(exchange.is_empty() || exchanges.iter().any(|declared| *declared == *exchange)) {
        return Err(format!("it replies to the exchange {exchange:?}, which it has not declared"));
    }
    let Properties { correlation_id, message_id, kind, .. } = properties;
    let texts = [correlation_id, message_id, kind].into_iter().flatten();
    match texts.map(SmolStr::len).find(|length| *length > LONGEST) {
        Some(length) => Err(format!("its reply has a property of {length} bytes, which AMQP cannot carry")),
        None => Ok(()),
    }
}
