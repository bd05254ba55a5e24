//! Measures how soon callers of this library learn of a failure: unroutable calls and timeouts.

use std::time::{Duration, Instant};

use amqp_rpc::{CallError, Client};
use tokio::task::JoinSet;

use crate::{
    Failure,
    implementations::{EchoClient, UnservedClient},
    options::Options,
    report,
};

const CALLS: u32 = 200;

/// Needs the server of [`Variant::AmqpRpc`](crate::variant::Variant::AmqpRpc).
pub(crate) async fn measure(options: &Options) -> Result<(), Failure> {
    let client = Client::connect(&options.url).await?;
    report::failure("unroutable call, one after the other: latency", &unroutable(&client).await?);
    report::failure("timeouts of 50 to 250 ms, all at once: lateness", &timeouts(&client).await?);
    client.close().await;
    Ok(())
}

async fn unroutable(client: &Client) -> Result<Vec<Duration>, Failure> {
    let unserved = UnservedClient::new(client.clone());
    let mut latencies = Vec::new();
    for _ in 0..CALLS {
        let begin = Instant::now();
        match unserved.ask().await {
            Err(CallError::Unroutable(_)) => latencies.push(begin.elapsed()),
            other => return Err(format!("an unroutable call ended with {other:?}").into()),
        }
    }
    Ok(latencies)
}

async fn timeouts(client: &Client) -> Result<Vec<Duration>, Failure> {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let timeout = Duration::from_millis(u64::from(50 + number));
        let call = EchoClient::new(client.clone()).dawdle().timeout(timeout);
        calls.spawn(async move {
            let begin = Instant::now();
            (call.await, begin.elapsed().saturating_sub(timeout))
        });
    }
    let mut lateness = Vec::new();
    while let Some(call) = calls.join_next().await {
        match call? {
            (Err(CallError::Timeout(_)), late) => lateness.push(late),
            (other, _) => return Err(format!("a call without answer ended with {other:?}").into()),
        }
    }
    Ok(lateness)
}
