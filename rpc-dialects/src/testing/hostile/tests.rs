use amqp_rpc_runtime::{
    Fault, FaultCode, HeaderValue, Headers,
    contract::{MethodDef, ServiceDef},
    dialect::{
        Answer, Answered, ClientDialect, Delivery, Incoming, OutgoingRequest, PeerReply, Properties, Queue,
        ReplyMessage, RequestMessage, ServerDialect, ServiceTopology, Target, Topology, Unsupported,
    },
};

use super::{check_hostile, check_malformed_replies};

const SERVICE: &ServiceDef = &ServiceDef::new("svc", &[&MethodDef::new("svc", "svc.compute")]);

/// Which messages are of a kind.
type Kind = fn(&Delivery) -> bool;

/// Panics at messages of a kind.
#[derive(Debug)]
struct Fragile {
    at: Kind,
    /// Whether it answers with the id in the body of a request.
    answers_with_ids: bool,
}

impl Fragile {
    fn at(at: Kind) -> Self {
        Self { at, answers_with_ids: false }
    }

    fn read(&self, delivery: &Delivery) {
        assert!(!(self.at)(delivery), "it is fragile");
    }
}

impl ServerDialect for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn topology(&self, _: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        let queues = vec![Queue::durable("svc", Headers::new())];
        Ok(ServiceTopology {
            queues: vec!["svc".to_owned()],
            topology: Topology { queues, ..Topology::default() },
        })
    }

    fn read_request(&self, _: &ServiceDef, delivery: Delivery) -> Incoming {
        self.read(&delivery);
        let mut kept = Headers::new();
        if let Some(id) = id_of(&delivery).filter(|_| self.answers_with_ids) {
            kept.insert("id", id);
        }
        let fault = Fault::new(FaultCode::BadRequest, "it is hostile");
        Incoming::Refused { fault, properties: Box::new(delivery.properties), kept }
    }

    fn allows_reply_to(&self, _: &str) -> bool {
        false
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        let correlation_id = answered.kept.text("id").map(Into::into);
        ReplyMessage {
            properties: Properties { correlation_id, ..Properties::default() },
            ..ReplyMessage::default()
        }
        .into()
    }
}

impl ClientDialect for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, _: &str) -> Result<Target, Unsupported> {
        Err(Unsupported::new("it calls nobody"))
    }

    fn write_request(&self, _: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        Err(Unsupported::new("it calls nobody"))
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        self.read(&reply);
        PeerReply::Unreadable
    }
}

fn id_of(delivery: &Delivery) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(&delivery.body).ok()?;
    json.get("id")?.as_str().map(str::to_owned)
}

fn header<'a>(delivery: &'a Delivery, name: &str) -> Option<&'a HeaderValue> {
    delivery.properties.headers.as_ref()?.get(name)
}

fn is_other(value: Option<&HeaderValue>) -> bool {
    !matches!(value, None | Some(HeaderValue::Null | HeaderValue::Text(_)))
}

fn contains(delivery: &Delivery, text: &str) -> bool {
    delivery.body.windows(text.len()).any(|part| part == text.as_bytes())
}

fn is_deep(delivery: &Delivery) -> bool {
    contains(delivery, &"[".repeat(1000))
}

/// What a request has to be read to its end by its headers.
fn is_task(delivery: &Delivery) -> bool {
    ["id", "expires"].iter().all(|name| matches!(header(delivery, name), Some(HeaderValue::Text(_))))
        && header(delivery, "task") == Some(&"svc.compute".into())
}

#[test]
fn a_server_that_panics_at_a_request_is_found() {
    let fragile: [(&str, Kind); 9] = [
        ("deep", is_deep),
        ("a long pattern", |request| request.body.len() > 4096 && contains(request, "{\"pattern\":\"111")),
        ("a task", |request| is_task(request) && contains(request, "[[30],{},{")),
        ("a deep task", |request| is_task(request) && is_deep(request)),
        ("no task", |request| header(request, "id").is_some() && is_other(header(request, "task"))),
        ("no id", |request| header(request, "task").is_some() && is_other(header(request, "id"))),
        ("a long id", |request| {
            let id = header(request, "id");
            matches!(id, Some(HeaderValue::Text(id)) if id.len() > 255)
        }),
        ("no time", |request| header(request, "task").is_some() && is_other(header(request, "expires"))),
        ("a call", |request| request.properties.kind.as_deref() == Some("call")),
    ];
    for (what, fails) in fragile {
        let why = check_hostile(&Fragile::at(fails), SERVICE).expect_err(what);
        assert!(why.starts_with("it panics: "), "{what}: {why}");
    }
}

#[test]
fn a_reply_with_an_id_that_amqp_cannot_carry_is_found() {
    let sturdy = Fragile::at(|_| false);
    check_hostile(&sturdy, SERVICE).expect("it reads all");
    let why =
        check_hostile(&Fragile { answers_with_ids: true, ..sturdy }, SERVICE).expect_err("an id is long");
    assert!(why.starts_with("its reply has a property of 256 bytes, which AMQP cannot carry: "), "{why}");
    assert!(why.len() < 1000, "the body is not all in it: {why}");
}

#[test]
fn a_client_that_panics_at_a_reply_is_found() {
    let fragile: [(&str, Kind); 8] = [
        ("deep", is_deep),
        ("an array", |reply| contains(reply, "[\"SUCCESS\",")),
        ("no members", |reply| reply.body == "{}"),
        ("null", |reply| reply.body == "null"),
        ("nothing", |reply| reply.body.is_empty()),
        ("no list of deaths", |reply| matches!(header(reply, "x-death"), Some(HeaderValue::Int(_)))),
        ("no code", |reply| contains(reply, "{\"error\":{") && contains(reply, "\"code\":7")),
        ("a deep error", |reply| contains(reply, "\"err\":{") && is_deep(reply)),
    ];
    for (what, fails) in fragile {
        let why = check_malformed_replies(&Fragile::at(fails)).expect_err(what);
        assert!(why.starts_with("it panics: "), "{what}: {why}");
    }
    check_malformed_replies(&Fragile::at(|_| false)).expect("it reads all");
}
