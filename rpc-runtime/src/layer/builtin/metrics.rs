//! Measures calls through the `metrics` facade. With the feature `metrics`.

use std::{future::Future, pin::pin, time::Instant};

use ::metrics::{Gauge, Unit, describe_gauge, describe_histogram, gauge, histogram};
use tower_layer::Layer;

use super::{
    outcome::{of_call, of_dropped, of_reply},
    semconv,
};
use crate::{
    client::layering::{BoxClientService, ClientService, OutgoingCall},
    contract::NoError,
    error::CallError,
    layer::{BoxService, RpcService},
    message::{Fault, IncomingCall, Reply},
};

/// Measures every call, through the `metrics` facade, with OpenTelemetry's names.
///
/// For servers and for clients. Both sides have two metrics:
///
/// * a histogram of durations in seconds, by method and outcome
///   ([`RPC_SERVER_DURATION`](semconv::RPC_SERVER_DURATION),
///   [`RPC_CLIENT_DURATION`](semconv::RPC_CLIENT_DURATION)). Its count is the number of calls.
/// * a gauge of calls in flight, by method ([`RPC_SERVER_ACTIVE`](semconv::RPC_SERVER_ACTIVE),
///   [`RPC_CLIENT_ACTIVE`](semconv::RPC_CLIENT_ACTIVE)).
///
/// A server has a third: a gauge of calls that run although their callers have stopped waiting, by method
/// ([`RPC_SERVER_ABANDONED`](semconv::RPC_SERVER_ABANDONED)).
/// [`RunningServer::stats`](crate::RunningServer::stats) has the same number without this layer.
///
/// Only methods of contracts are labels, so peers cannot create more of them. A call that is dropped before
/// it ends has the outcome `cancelled`, and one that panics has `panicked`. A one-way message that an inner
/// layer refuses with `overloaded` is measured at each attempt.
///
/// The program installs the recorder, such as `metrics-exporter-prometheus`. Configure it with
/// [`DURATION_BUCKETS`](semconv::DURATION_BUCKETS).
///
/// ```
/// # extern crate amqp_rpc_runtime as amqp_rpc;
/// use amqp_rpc::{Client, Server, layers::Metrics};
///
/// let server = Server::new().layer(Metrics::new());
/// let client = Client::builder().layer(Metrics::new());
/// # let _ = (server, client);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Metrics;

impl Metrics {
    /// Makes the layer.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

/// A call that is being measured. It records the outcome when it is dropped.
struct Measured {
    duration: &'static str,
    method: &'static str,
    outcome: Option<Result<(), String>>,
    started_at: Instant,
    active: Gauge,
}

impl Measured {
    fn begin(duration: &'static str, active: &'static str, method: &'static str) -> Self {
        let labels = [(semconv::RPC_SYSTEM_NAME, semconv::RPC_SYSTEM), (semconv::RPC_METHOD, method)];
        let active = gauge!(active, &labels);
        active.increment(1.0);
        Self { duration, method, outcome: None, started_at: Instant::now(), active }
    }

    fn end(mut self, outcome: Result<(), &str>) {
        self.outcome = Some(outcome.map_err(str::to_owned));
    }
}

/// A call whose caller has stopped waiting, as long as it runs.
struct Abandoned(Gauge);

impl Abandoned {
    fn begin(method: &'static str) -> Self {
        let gauge = gauge!(
            semconv::RPC_SERVER_ABANDONED,
            semconv::RPC_SYSTEM_NAME => semconv::RPC_SYSTEM,
            semconv::RPC_METHOD => method,
        );
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Runs a call, and counts it as abandoned from `deadline` on. A call that ends at its first poll starts no
/// timer.
async fn counted_after<T>(deadline: Instant, method: &'static str, running: impl Future<Output = T>) -> T {
    let mut running = pin!(running);
    tokio::select! {
        biased;
        outcome = &mut running => return outcome,
        () = tokio::time::sleep_until(deadline.into()) => {}
    }
    let _abandoned = Abandoned::begin(method);
    running.await
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.active.decrement(1.0);
        let outcome = self.outcome.take().unwrap_or_else(|| Err(of_dropped().to_owned()));
        let seconds = self.started_at.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => histogram!(
                self.duration,
                semconv::RPC_SYSTEM_NAME => semconv::RPC_SYSTEM,
                semconv::RPC_METHOD => self.method,
                semconv::RPC_STATUS_CODE => "ok",
            ),
            Err(error) => histogram!(
                self.duration,
                semconv::RPC_SYSTEM_NAME => semconv::RPC_SYSTEM,
                semconv::RPC_METHOD => self.method,
                semconv::RPC_STATUS_CODE => error.clone(),
                semconv::ERROR_TYPE => error,
            ),
        }
        .record(seconds);
    }
}

impl Layer<BoxService> for Metrics {
    type Service = MeasuredServer;

    fn layer(&self, next: BoxService) -> MeasuredServer {
        describe_histogram!(semconv::RPC_SERVER_DURATION, Unit::Seconds, "Duration of calls on the server.");
        describe_gauge!(semconv::RPC_SERVER_ACTIVE, Unit::Count, "Calls in flight on the server.");
        let abandoned = "Calls that run on the server although their callers have stopped waiting.";
        describe_gauge!(semconv::RPC_SERVER_ABANDONED, Unit::Count, abandoned);
        MeasuredServer(next)
    }
}

/// The service of [`Metrics`] on a server.
#[derive(Clone, Debug)]
pub struct MeasuredServer(BoxService);

impl RpcService for MeasuredServer {
    async fn call(&self, call: IncomingCall) -> Result<Reply, Fault> {
        let method = call.method().full_name;
        let measured = Measured::begin(semconv::RPC_SERVER_DURATION, semconv::RPC_SERVER_ACTIVE, method);
        let deadline = call.context.deadline().filter(|_| call.context.has_caller());
        let running = self.0.call(call);
        let outcome = match deadline {
            Some(deadline) => counted_after(deadline, method, running).await,
            None => running.await,
        };
        measured.end(of_reply(&outcome));
        outcome
    }
}

impl Layer<BoxClientService> for Metrics {
    type Service = MeasuredClient;

    fn layer(&self, next: BoxClientService) -> MeasuredClient {
        describe_histogram!(semconv::RPC_CLIENT_DURATION, Unit::Seconds, "Duration of calls on the client.");
        describe_gauge!(semconv::RPC_CLIENT_ACTIVE, Unit::Count, "Calls in flight on the client.");
        MeasuredClient(next)
    }
}

/// The service of [`Metrics`] on a client.
#[derive(Clone, Debug)]
pub struct MeasuredClient(BoxClientService);

impl ClientService for MeasuredClient {
    async fn call(&self, call: OutgoingCall) -> Result<Reply, CallError<NoError>> {
        let method = match call.method().full_name {
            "" => semconv::RPC_METHOD_OTHER,
            method => method,
        };
        let measured = Measured::begin(semconv::RPC_CLIENT_DURATION, semconv::RPC_CLIENT_ACTIVE, method);
        let outcome = self.0.call(call).await;
        measured.end(of_call(&outcome));
        outcome
    }
}
