//! The calling side: one task keeps all calls in flight, and makes the next one as soon as one is answered.

use std::time::{Duration, Instant};

use amqp_rpc_bench_harness::{Failure, Latencies, Load, Measured};

use crate::{QUEUE, connection::Connection, delivery::Delivery, encode::publish};

const GRACE: Duration = Duration::from_secs(30);

pub(crate) struct Client {
    connection: Connection,
    reply_to: Vec<u8>,
}

/// One call at a time; its number is the correlation id.
struct Slot {
    begin: Instant,
    n: u64,
}

/// The calls of one load.
struct Calls {
    load: Load,
    text: Option<String>,
    end: Instant,
    made: u64,
    in_flight: usize,
    latencies: Latencies,
    slots: Vec<Slot>,
}

impl Client {
    pub(crate) async fn connect() -> Result<Self, Failure> {
        let mut connection = Connection::open().await?;
        // The server declares it too: requests wait for whichever side is later.
        connection.declare(QUEUE).await?;
        let reply_to = connection.declare("").await?;
        connection.consume(&reply_to, true).await?;
        Ok(Self { connection, reply_to })
    }

    pub(crate) async fn apply(&mut self, load: Load) -> Result<Measured, Failure> {
        tokio::time::timeout(load.duration + GRACE, self.call_all(load)).await?
    }

    async fn call_all(&mut self, load: Load) -> Result<Measured, Failure> {
        let Self { connection, reply_to } = self;
        let begin = Instant::now();
        let frame_max = connection.frame_max;
        let slot = |n| Slot { begin, n };
        let mut calls = Calls {
            load,
            text: load.text_bytes.map(amqp_rpc_bench_harness::text),
            end: begin + load.duration,
            made: 0,
            in_flight: 0,
            latencies: Latencies::default(),
            slots: (0..load.calls_in_flight as u64).map(slot).collect(),
        };
        for slot in 0..load.calls_in_flight {
            calls.call(slot, begin, reply_to, &mut connection.out, frame_max);
        }
        while calls.in_flight > 0 {
            connection
                .turn(|reply, out| {
                    let now = Instant::now();
                    let slot = calls.finish(reply, now)?;
                    calls.call(slot, now, reply_to, out, frame_max);
                    Ok(())
                })
                .await?;
        }
        Measured::new(&calls.latencies, begin.elapsed())
    }
}

impl Calls {
    /// Makes a call, unless the load is over.
    fn call(&mut self, slot: usize, now: Instant, reply_to: &[u8], out: &mut Vec<u8>, frame_max: usize) {
        // Every slot makes one call at least.
        let is_first = self.made < self.load.calls_in_flight as u64;
        let is_over = now >= self.end && !is_first;
        if is_over || self.load.calls.is_some_and(|calls| self.made >= calls) {
            return;
        }
        self.slots[slot] = Slot { begin: now, n: self.made };
        self.made += 1;
        self.in_flight += 1;
        let id = format!("{slot:x}");
        let number = self.slots[slot].n.to_be_bytes();
        let body = self.text.as_ref().map_or(&number[..], String::as_bytes);
        publish(out, QUEUE.as_bytes(), id.as_bytes(), reply_to, body, frame_max);
    }

    /// Counts the call that this answers; its slot is free again.
    fn finish(&mut self, reply: &Delivery, now: Instant) -> Result<usize, Failure> {
        let slot = usize::from_str_radix(std::str::from_utf8(&reply.correlation_id)?, 16)?;
        let Slot { begin, n } = self.slots.get(slot).ok_or("a reply to a call that was not made")?;
        let number = n.to_be_bytes();
        if reply.body != self.text.as_ref().map_or(&number[..], String::as_bytes) {
            return Err("the echo of a body was another".into());
        }
        self.latencies.record(now - *begin);
        self.in_flight -= 1;
        Ok(slot)
    }
}
