//! A dialect of your own: one trait, called and served on the wire of a program that was there before.
//!
//! The old program takes its requests from the queue `legacy.math`, as `{"op": "compute", "in": {"n": 30}}`, and replies
//! `{"ok": 832040}` or `{"failed": ".."}`.
//!
//! Run: `cargo run --example dialect`. It brings its own broker unless `AMQP_URL` names yours.

mod broker;

use std::error::Error;

use amqp_rpc::{
    Client, Fault, FaultCode, Headers, Server,
    client::CallOptions,
    contract::{MethodDef, ServiceDef},
    dialect::{
        Answer, Answered, ClientDialect, Delivery, Incoming, IncomingRequest, Outcome, OutgoingRequest,
        PeerReply, Properties, Queue, ReplyMessage, RequestMessage, ServerDialect, ServiceTopology, Target,
        Topology, Unsupported,
    },
    error::RemoteError,
    rpc_service,
    server::ReplyPolicy,
};
use broker::BrokerToUse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[rpc_service]
trait Math {
    async fn compute(&self, n: u64) -> Result<u64, TooLarge>;
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("n is above 90")]
struct TooLarge;

/// The wire of the old program.
#[derive(Clone, Debug)]
struct Legacy;

const QUEUE: &str = "legacy.math";

impl ServerDialect for Legacy {
    fn name(&self) -> &'static str {
        "legacy"
    }

    fn topology(&self, _: &ServiceDef) -> Result<ServiceTopology, Unsupported> {
        let topology =
            Topology { queues: vec![Queue::durable(QUEUE, Headers::new())], ..Topology::default() };
        Ok(ServiceTopology { queues: vec![QUEUE.into()], topology })
    }

    fn read_request(&self, service: &ServiceDef, delivery: Delivery) -> Incoming {
        let request = serde_json::from_slice::<Value>(&delivery.body).unwrap_or_default();
        match request["op"].as_str() {
            Some(op) => {
                let (method, body) = (format!("{}.{op}", service.name), request["in"].to_string());
                IncomingRequest::json(method, body, delivery.properties).into()
            }
            None => Incoming::bad_request("there is no `op`", delivery.properties),
        }
    }

    /// The sender chooses the address: a queue of requests among them would make the reply somebody's request.
    fn allows_reply_to(&self, address: &str) -> bool {
        ReplyPolicy::default().allows(address)
    }

    fn answer(&self, answered: &Answered<'_>) -> Answer {
        let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let reply = match answered.outcome {
            Outcome::Value { body, .. } => json!({"ok": json(body)}),
            Outcome::Error { text, .. } => json!({"failed": text.unwrap_or("failed")}),
            Outcome::Fault(fault) => json!({"failed": fault.message(), "code": fault.code().as_str()}),
            // Of outcomes to come nothing can be said in this wire.
            _ => return Answer::Reject,
        };
        let correlation_id = answered.correlation_id.map(Into::into);
        let properties = Properties { correlation_id, ..Properties::default() };
        ReplyMessage { exchange: "".into(), properties, body: reply.to_string().into() }.into()
    }
}

impl ClientDialect for Legacy {
    fn name(&self) -> &'static str {
        "legacy"
    }

    fn takes_direct_replies(&self) -> bool {
        true
    }

    fn target(&self, _: &'static MethodDef, _: &str) -> Result<Target, Unsupported> {
        Ok(Target { exchange: "".into(), routing_key: QUEUE.into(), queue: QUEUE.into() })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let unsupported = |error: serde_json::Error| Unsupported::new(error.to_string());
        let input: Value = serde_json::from_slice(request.body).map_err(unsupported)?;
        let op = request.name.rsplit('.').next().unwrap_or(request.name);
        let body = json!({"op": op, "in": input}).to_string().into();
        Ok(RequestMessage { properties: request.properties(), body })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let content_type = "application/json".into();
        match serde_json::from_slice::<Value>(&reply.body) {
            Ok(Value::Object(reply)) => match (reply.get("ok"), reply.get("failed"), reply.get("code")) {
                (Some(value), ..) => PeerReply::Value { content_type, body: value.to_string().into() },
                (_, Some(Value::String(why)), Some(Value::String(code))) => {
                    PeerReply::Fault(Fault::new(FaultCode::from(&**code), why))
                }
                (_, Some(why), _) => PeerReply::Error { content_type, body: why.to_string().into() },
                _ => PeerReply::Unreadable,
            },
            _ => PeerReply::Unreadable,
        }
    }
}

struct Fibonacci;

impl Math for Fibonacci {
    async fn compute(&self, n: u64) -> Result<u64, TooLarge> {
        if n > 90 {
            return Err(TooLarge);
        }
        Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
    }
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let broker = BrokerToUse::find_or_start().await?;
    // Old programs find the service in their queue; those of this library find it as ever.
    let server =
        Server::new().service(MathServer::new(Fibonacci)).service_in(MathServer::new(Fibonacci), Legacy);
    let server = server.start(broker.url()).await?;

    let old = Client::builder().dialect(Legacy).connect(broker.url()).await?;
    let errors = CallOptions::new()
        .map_errors(|error: &RemoteError| (error.message()? == "n is above 90").then_some(TooLarge));
    for (wire, client) in [("legacy", old), ("its own", Client::connect(broker.url()).await?)] {
        let math = MathClient::new(client).with_options(errors.clone());
        println!("{wire}: {}", math.compute(30).await?);
        if let Err(error) = math.compute(91).await {
            println!("{wire}: {error}");
        }
    }
    server.shutdown().await?;
    Ok(())
}
