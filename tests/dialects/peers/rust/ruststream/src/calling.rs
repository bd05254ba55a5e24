//! The calling side.

use peer_program::{Call, Failure, timed_out, url, value};
use ruststream::OutgoingMessage;
use ruststream_lapin::{AmqpError, prelude::*};
use serde_json::Value;

pub(crate) async fn call(call: &Call) -> Result<(), Failure> {
    let broker = LapinBroker::new(url()?).connect().await?;
    let (name, body) = (call.full_name(), serde_json::to_vec(&call.arguments)?);
    let requester = broker.requester(Request::default());
    match requester.request(OutgoingMessage::new(&name, &body), call.timeout).await {
        Ok(reply) => value(&serde_json::from_slice::<Value>(reply.payload())?),
        Err(AmqpError::RequestTimeout(_)) => timed_out(),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
