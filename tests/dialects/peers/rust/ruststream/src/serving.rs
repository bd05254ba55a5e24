//! The serving side.

use std::time::Duration;

use peer_program::{Failure, contract, ready, url};
use ruststream_lapin::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Compute {
    n: u64,
}

#[derive(Debug, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}

#[derive(Debug, Deserialize)]
struct Greet {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Nothing {}

#[derive(Debug, Deserialize)]
struct Slow {
    seconds: f64,
}

#[derive(Debug, Deserialize)]
struct Note {
    text: String,
}

/// The framework wants a type of ours; in JSON it is the value itself.
#[derive(Debug, Serialize, Outgoing)]
#[serde(transparent)]
struct Reply(Value);

// Where a reply goes is in the request; the queue that is named here gets those of requests without an address.
const UNROUTED: &str = "math.unrouted";

#[subscriber(RabbitQueue::new("math.compute"), reply(UNROUTED))]
async fn compute(request: &Compute) -> Result<Reply, HandlerOutcome> {
    // The wire has no errors: the request is rejected.
    let value = contract::compute(request.n).map_err(|_| HandlerOutcome::drop())?;
    Ok(Reply(json!(value)))
}

#[subscriber(RabbitQueue::new("math.add"), reply(UNROUTED))]
async fn add(request: &Add) -> Result<Reply, HandlerOutcome> {
    Ok(Reply(json!(contract::add(request.a, request.b))))
}

#[subscriber(RabbitQueue::new("math.greet"), reply(UNROUTED))]
async fn greet(request: &Greet) -> Result<Reply, HandlerOutcome> {
    Ok(Reply(json!(contract::greet(&request.name))))
}

#[subscriber(RabbitQueue::new("math.nothing"), reply(UNROUTED))]
async fn nothing(_request: &Nothing) -> Result<Reply, HandlerOutcome> {
    contract::nothing();
    Ok(Reply(Value::Null))
}

// By default a panic ends the service.
#[subscriber(RabbitQueue::new("math.fail"), reply(UNROUTED), on_failure(panic = drop))]
async fn fail(_request: &Nothing) -> Result<Reply, HandlerOutcome> {
    contract::fail()
}

#[subscriber(RabbitQueue::new("math.slow"), reply(UNROUTED))]
async fn slow(request: &Slow) -> Result<Reply, HandlerOutcome> {
    contract::announce("slow", &json!({"seconds": request.seconds}));
    tokio::time::sleep(Duration::from_secs_f64(request.seconds)).await;
    Ok(Reply(json!(request.seconds)))
}

#[subscriber(RabbitQueue::new("math.note"))]
async fn note(request: &Note) -> HandlerOutcome {
    contract::note(&request.text);
    HandlerOutcome::ack()
}

pub(crate) async fn serve() -> Result<(), Failure> {
    let broker = LapinBroker::new(url()?).declare_topology(true);
    let app = RustStream::new(AppInfo::new("math", "0.1.0")).with_broker(broker, |broker| {
        broker.include(compute).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(add).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(greet).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(nothing).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(fail).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(slow).out_reply(Publish::default()).transform(DirectReplyTo);
        broker.include(note);
    });
    let running = app.start().await?;
    ready();
    running.stopping().await;
    Ok(running.shutdown().await?)
}
