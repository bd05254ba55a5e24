//! Messages that no peer sends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amqp_rpc_runtime::{
    Fault, FaultCode,
    contract::ServiceDef,
    dialect::{Answer, Answered, Delivery, Incoming, Outcome, Properties, ServerDialect},
};
use bytes::Bytes;

/// Bodies of other frameworks, and garbage.
const BODIES: [&[u8]; 22] = [
    b"",
    b"null",
    b"30",
    b"\"text\"",
    b"2,40",
    b"{}",
    b"[]",
    b"{\"n\":30}",
    b"{\"n\":30",
    b"[[30],{},{}]",
    b"[[30],{}]",
    b"[[30],{},{\"callbacks\":null,\"errbacks\":null,\"chain\":null,\"chord\":null}]",
    b"{\"args\":[30],\"kwargs\":{}}",
    b"{\"args\":30,\"kwargs\":[]}",
    b"{\"args\":[30],\"kwargs\":{\"args\":{}},\"more\":{}}",
    b"{\"pattern\":\"compute\",\"data\":{\"n\":30},\"id\":\"1\"}",
    b"{\"pattern\":{\"cmd\":{}},\"data\":[],\"id\":null}",
    b"{\"success\":true,\"message\":\"\",\"data\":{}}",
    b"{\"response\":1,\"isDisposed\":true}",
    b"\x08\x1e",
    b"\xff\xfe\x00",
    b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01n\x94K\x1es.",
];

const CONTENT_TYPES: [Option<&str>; 6] = [
    None,
    Some(""),
    Some("application/json"),
    Some("application/json; charset=utf-8"),
    Some("text/plain"),
    Some("application/python-pickle"),
];

/// Checks that the server of a dialect survives `service`'s requests with the bodies and properties of other frameworks, and
/// garbage; and that it sends no reply to the queues of its own requests.
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
    let exchanges: Vec<_> = topology.exchanges.iter().map(|exchange| exchange.name.clone()).collect();
    for exchange in exchanges.iter().map(String::as_str).chain([""]) {
        for key in addresses.iter().map(String::as_str).chain(["", "."]) {
            for content_type in CONTENT_TYPES {
                for body in BODIES {
                    let properties = Properties {
                        content_type: content_type.map(Into::into),
                        reply_to: Some("amq.gen-1".into()),
                        correlation_id: Some("1".into()),
                        ..Properties::default()
                    };
                    let delivery = Delivery::new(exchange, key, properties, Bytes::from_static(body));
                    let survived =
                        catch_unwind(AssertUnwindSafe(|| run(server, service, delivery, &exchanges)));
                    let why = survived.unwrap_or_else(|_| Err("it panics".to_owned()));
                    why.map_err(|why| {
                        let body = String::from_utf8_lossy(body);
                        format!("{why}: {body:?} as {content_type:?} from {exchange:?} / {key:?}")
                    })?;
                }
            }
        }
    }
    Ok(())
}

fn run(
    server: &dyn ServerDialect,
    service: &ServiceDef,
    delivery: Delivery,
    exchanges: &[String],
) -> Result<(), String> {
    let exchange = delivery.exchange.clone();
    let (properties, kept) = match server.read_request(service, delivery) {
        Incoming::Request(request) => (request.properties, request.kept),
        Incoming::Refused { properties, kept, .. } => (*properties, kept),
        Incoming::Ignored(_) => return Ok(()),
    };
    let body = Bytes::from_static(b"\xff");
    let faults = FaultCode::KNOWN.iter().map(|code| Fault::new(code.clone(), "\"")).collect::<Vec<_>>();
    let outcomes = faults.iter().map(Outcome::Fault).chain([
        Outcome::Value { content_type: "application/json", body: &body },
        Outcome::Value { content_type: "application/octet-stream", body: &body },
        Outcome::Error { content_type: "application/msgpack", body: &body, text: None },
    ]);
    for outcome in outcomes {
        for reply_to in [properties.reply_to.as_deref(), None] {
            let mut answered = Answered::new(outcome, &kept);
            answered.method = service.methods.first().copied();
            answered.exchange = &exchange;
            answered.reply_to = reply_to;
            answered.correlation_id = properties.correlation_id.as_deref();
            if let Answer::Reply(reply) = server.answer(&answered)
                && !(reply.exchange.is_empty()
                    || exchanges.iter().any(|declared| *declared == reply.exchange))
            {
                return Err(format!(
                    "it replies to the exchange {:?}, which it has not declared",
                    reply.exchange
                ));
            }
        }
    }
    Ok(())
}
