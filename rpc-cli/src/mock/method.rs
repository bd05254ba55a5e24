//! A method that makes its replies up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    Fault, FaultCode,
    description::{MethodDescription, MethodKind, ServiceDescription},
    docs::{check, sample::Samples},
    middleware::{IncomingCall, Reply},
    server::RawMethod,
};
use serde_json::Value;

use crate::failure::Failure;

/// What a mock does beside replying.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    pub(super) seed: u64,
    pub(super) delay: Option<Duration>,
    /// The part of the calls that end with the method's error.
    pub(super) errors: f64,
}

/// A method of the contract.
#[derive(Debug)]
pub(super) struct MockMethod {
    service: Arc<ServiceDescription>,
    method: MethodDescription,
    samples: Samples,
    behaviour: Behaviour,
    /// The calls so far.
    calls: AtomicU64,
}

impl MockMethod {
    /// # Errors
    /// When no value obeys the schema of its results or errors.
    pub(super) fn new(
        service: &Arc<ServiceDescription>,
        method: &MethodDescription,
        behaviour: Behaviour,
    ) -> Result<Self, Failure> {
        let mock = Self {
            service: Arc::clone(service),
            method: method.clone(),
            samples: Samples::new(service.schemas.clone()),
            behaviour,
            calls: AtomicU64::new(0),
        };
        for schema in [&method.reply, &method.error].into_iter().flatten() {
            mock.made_up(schema, 0).map_err(|why| {
                Failure::usage(format!("no reply of {} can be made up: {why}", method.full_name))
                    .advice("give the type an example, or leave the service out with --service")
            })?;
        }
        Ok(mock)
    }

    /// The name and the address of its requests.
    pub(super) fn address(&self) -> RawMethod {
        let method = &self.method;
        let mut address = RawMethod::new(&*method.full_name).exchange(&*method.exchange);
        if let Some(queue) = &method.queue {
            address = address.queue(&**queue);
        }
        address.routing_key(&*method.routing_key)
    }

    /// The queue of its requests, as it is called on the broker.
    pub(super) fn queue(&self, namespace: Option<&str>) -> String {
        let queue = self.method.queue.as_ref().unwrap_or(&self.service.service);
        namespace.map_or_else(|| queue.clone(), |namespace| format!("{namespace}.{queue}"))
    }

    /// Checks the request, waits, and makes a reply up.
    ///
    /// # Errors
    /// The fault `bad_request`, when the request does not obey the contract.
    pub(super) async fn reply(&self, call: &IncomingCall) -> Result<Reply, Fault> {
        if !self.method.raw_request {
            self.check(&call.json()?)?;
        }
        if let Some(delay) = self.behaviour.delay {
            tokio::time::sleep(delay).await;
        }
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        match &self.method.error {
            Some(error) if self.fails(number) => Reply::error(&self.value(error, number)?),
            _ if self.method.raw_reply => Ok(Reply::bytes(&b"made up"[..])),
            _ => match self.method.reply.as_ref().filter(|_| self.method.kind == MethodKind::Call) {
                Some(reply) => Reply::json(&self.value(reply, number)?),
                None => Reply::json(&()),
            },
        }
    }

    fn check(&self, body: &Value) -> Result<(), Fault> {
        let mismatches = check::request(&self.service, &self.method, body);
        let Some(first) = mismatches.first() else { return Ok(()) };
        let lines: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
        let fault = Fault::new(FaultCode::BadRequest, lines.join("; "));
        Err(if first.path().is_empty() { fault } else { fault.with_field(first.path()) })
    }

    fn value(&self, schema: &Value, number: u64) -> Result<Value, Fault> {
        self.made_up(schema, number).map_err(|why| Fault::new(FaultCode::Internal, why))
    }

    fn made_up(&self, schema: &Value, number: u64) -> Result<Value, String> {
        let obeys = |value: &Value| check::value(schema, value, &self.service.schemas).is_empty();
        self.samples.sample(schema, self.seed_of(number), obeys).map_err(|error| error.to_string())
    }

    /// Whether the call with this number ends with the method's error: spread over all calls by the seed.
    fn fails(&self, number: u64) -> bool {
        let part = mixed(self.seed_of(number) ^ 0x5DEE_CE66) >> 11;
        (part as f64) < self.behaviour.errors * (1_u64 << 53) as f64
    }

    /// Methods have seeds of their own: two with the same schema do not reply the same.
    fn seed_of(&self, number: u64) -> u64 {
        let of_name = self.method.full_name.bytes().fold(0_u64, |seed, byte| mixed(seed ^ u64::from(byte)));
        mixed(self.behaviour.seed ^ of_name).wrapping_add(number)
    }
}

/// The finalizer of `SplitMix64`: numbers that are near each other become numbers that are not.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
