//! The calling side: one thread, which waits for the oldest of its calls.

use std::{collections::VecDeque, time::Instant};

use amqp_rpc_bench_harness::{Failure, Latencies, Load, Measured, apply_loads_with, runtime};
use girolle::prelude::{Config, Payload, RpcClient};

use crate::{SERVICE, broker::await_server, failure};

pub(crate) fn run(config: Config, url: &str) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let mut client = RpcClient::new(config);
        client.register_service(SERVICE).await?;
        client.start().await.map_err(failure)?;
        await_server(url, SERVICE).await?;
        apply_loads_with(async |load| apply(&client, load)).await
    })
}

fn apply(client: &RpcClient, load: Load) -> Result<Measured, Failure> {
    if load.text_bytes.is_some() {
        return Err("this variant echoes numbers only".into());
    }
    let begin = Instant::now();
    let end = begin + load.duration;
    let latencies = Latencies::default();
    let (mut n, mut calls) = (0_u64, VecDeque::new());
    loop {
        while calls.len() < load.calls_in_flight && (n == 0 || Instant::now() < end) {
            let arguments = Payload::new().arg(n);
            let started = Instant::now();
            calls.push_back((n, started, client.call_async(SERVICE, "echo", arguments).map_err(failure)?));
            n += 1;
        }
        let Some((n, started, call)) = calls.pop_front() else { break };
        let answer = client.result(&call).map_err(failure)?.get_value();
        if answer.as_u64() != Some(n) {
            return Err(format!("the echo of {n} was {answer}").into());
        }
        latencies.record(started.elapsed());
    }
    Measured::new(&latencies, begin.elapsed())
}
