//! Asks one server or all of them.

use std::{
    fmt,
    time::{Duration, Instant},
};

use amqp_rpc_contract::description::ServiceDescription;
use amqp_rpc_transport::{HeaderValue, Headers};
use bytes::Bytes;

use super::{
    answers::{Answers, Body, read, undecodable},
    instance::{Instance, InstanceStats},
};
use crate::{
    client::{
        delivery::{
            error::DeliveryError,
            gather::{Gathering, Next},
            message::UntypedMethod,
            policy::RetryState,
            prepare::{EncodedRequest, NotPrepared, PreparedMessage, prepare},
        },
        handle::Client,
        options::CallOptions,
        session::{pending::gathers::Answer, shared::SessionState},
    },
    codec::AnyCodec,
    contract::{MethodDef, NoError},
    error::{CallError, Unencodable},
    message::{FaultCode, Inherited},
    secrets::RequestSeal,
    wire::reflection::{ALL, DESCRIBE, InstanceBody, PING, STATS, StatsBody, of_service},
};

/// The method of all such requests: they have no contract.
const RESERVED: &MethodDef = &MethodDef::new("", "").routing_key("").queue("");
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(3600);
const REQUEST: &[u8] = b"{}";

/// Asks servers what they serve; see [`reflection`](crate::reflection). Made by [`Client::reflection`].
///
/// What is asked of every server is sent by the client itself: its layers see none of it, while a question to one
/// server passes them as any call. A client [in process](Client::in_process), or of a dialect, reaches no servers that
/// answer: its questions fail with `Unroutable` or `Encode`.
#[derive(Clone)]
#[must_use = "nothing is asked until one of its methods is called"]
pub struct Reflection {
    client: Client,
    exchange: String,
    queue: Option<String>,
    headers: Headers,
    quiet: Duration,
    limit: Duration,
    max_instances: usize,
}

impl Client {
    /// Asks servers what they serve, without a contract.
    pub fn reflection(&self) -> Reflection {
        Reflection {
            client: self.clone(),
            exchange: RESERVED.exchange.to_owned(),
            queue: None,
            headers: Headers::new(),
            quiet: Duration::from_millis(250),
            limit: Duration::from_secs(2),
            max_instances: 1_000,
        }
    }
}

impl Reflection {
    /// Asks the servers of the services on this exchange. Default: `amqp-rpc`. The client's namespace is put before it.
    ///
    /// The default exchange, which is empty, reaches single queues only: there one instance answers
    /// [`ping`](Self::ping) and [`stats`](Self::stats), and [`instances`](Self::instances) cannot be asked for.
    pub fn exchange(mut self, exchange: impl Into<String>) -> Self {
        self.exchange = exchange.into();
        self
    }

    /// The queue that a service is served from, for services on the default exchange. Default: the service's name.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Adds a header to each request, such as a token that the servers' layers ask for.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Waits no longer for further instances once no answer has come for so long. Default 250 ms; for the first answer
    /// the [limit](Self::limit) alone counts.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet.min(LONGEST);
        self
    }

    /// Ends every wait after this time. Default 2 s, at most an hour.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit.min(LONGEST);
        self
    }

    /// Takes no more than so many answers. Default 1,000; more than 10,000 do not come.
    pub fn max_instances(mut self, instances: usize) -> Self {
        self.max_instances = instances;
        self
    }

    /// All servers that have a service on the exchange, in the order of their answers. Empty if there are none.
    ///
    /// Dropping the future ends the wait. Answers that cannot be read are skipped, and logged.
    ///
    /// # Errors
    /// As of a call of an idempotent method. `Fault` if servers answer with faults only, such as `unauthorized`. `Encode`
    /// on the default exchange, and of a client in process or of a dialect.
    pub async fn instances(&self) -> Result<Vec<Instance>, CallError<NoError>> {
        if self.exchange.is_empty() {
            let why =
                "the default exchange reaches one queue at a time; ask for a service, or name an exchange";
            return Err(CallError::Encode(Unencodable(why.into())));
        }
        self.ping("").await
    }

    /// The servers that have `service`. Otherwise as [`instances`](Self::instances).
    ///
    /// # Errors
    /// As for [`instances`](Self::instances). On the default exchange as for [`describe`](Self::describe).
    pub async fn ping(&self, service: &str) -> Result<Vec<Instance>, CallError<NoError>> {
        let answers = self.ask_all::<InstanceBody>(service, PING).await?;
        Ok(answers.into_iter().map(|(body, time)| Instance::new(body, time)).collect())
    }

    /// How often the methods of `service` were called, of each server that has it. Otherwise as
    /// [`instances`](Self::instances).
    ///
    /// # Errors
    /// As for [`ping`](Self::ping).
    pub async fn stats(&self, service: &str) -> Result<Vec<InstanceStats>, CallError<NoError>> {
        let answers = self.ask_all::<StatsBody>(service, STATS).await?;
        Ok(answers.into_iter().map(|(body, _)| body.into()).collect())
    }

    /// What `service` has. One of its servers answers.
    ///
    /// The schemas of messages are those of `#[rpc_service(schema)]`. Of other services there are the names, kinds and
    /// addresses of the methods, and their schemas allow everything.
    ///
    /// # Errors
    /// As of a call of an idempotent method. `Unroutable` if no server has the service on the exchange, or if they do
    /// not [tell of themselves](crate::Server::reflection). `Decode` if the answer is no description.
    pub async fn describe(&self, service: &str) -> Result<ServiceDescription, CallError<NoError>> {
        let unknown = match self.ask_one(service, DESCRIBE).await {
            Err(CallError::Fault(fault)) if *fault.code() == FaultCode::UnknownMethod => fault,
            answer => return read(&answer?),
        };
        // A server that shares the queue has an earlier version, or does not tell of itself. Another one may.
        if self.exchange.is_empty() {
            return Err(CallError::Fault(unknown));
        }
        let one = Self { max_instances: 1, ..self.clone() };
        let described = one.descriptions(service).await?;
        described.into_iter().next().ok_or(CallError::Fault(unknown))
    }

    /// What `service` has, of each server that has it: while versions change, these differ. Otherwise as
    /// [`instances`](Self::instances).
    ///
    /// # Errors
    /// As for [`ping`](Self::ping).
    pub async fn descriptions(&self, service: &str) -> Result<Vec<ServiceDescription>, CallError<NoError>> {
        let answers = self.ask_all::<ServiceDescription>(service, DESCRIBE).await?;
        Ok(answers.into_iter().map(|(body, _)| body).collect())
    }

    /// Calls a reserved method as any other: the servers share a queue, and one of them replies.
    async fn ask_one(&self, service: &str, name: &str) -> Result<Bytes, CallError<NoError>> {
        let method = of_service(service, name);
        let mut call = self.client.call_bytes(method, REQUEST).content_type(AnyCodec::JSON.content_type());
        call = call.idempotent().timeout(self.limit).exchange(self.exchange.as_str());
        for (name, value) in self.headers.iter() {
            call = call.header(name, value.clone());
        }
        if self.exchange.is_empty() {
            call = call.routing_key(self.queue.as_deref().unwrap_or(service));
        }
        call.await.map_err(|error| match error.into_method() {
            Ok(_) => undecodable("it is an error of its own".into()),
            Err(error) => error,
        })
    }

    /// Asks every server, and gathers what they answer.
    async fn ask_all<B: Body>(
        &self,
        service: &str,
        name: &str,
    ) -> Result<Vec<(B, Duration)>, CallError<NoError>> {
        if self.exchange.is_empty() {
            let asked_at = Instant::now();
            let body = self.ask_one(service, name).await?;
            return Ok(vec![(read(&body)?, asked_at.elapsed())]);
        }
        let PreparedMessage { message, policy } = self.request(service, name)?;
        // Within a call that is served it may be less than the limit.
        let end = Instant::now() + policy.timeout.min(LONGEST);
        let retries = RetryState::new(policy);
        let failed = |error: DeliveryError| error.into_call_error(&retries);
        let session = &self.client.session;
        let mut answers = Answers::<B>::new(self.max_instances, session.settings.max_reply_bytes);
        let mut gathering = match Gathering::start(session, message, end).await {
            Ok(gathering) => gathering,
            // Without the exchange there is no server.
            Err(DeliveryError::Unroutable { .. }) => return answers.finish(),
            Err(error) => return Err(failed(error)),
        };
        let mut until = end;
        while !answers.is_full() && Instant::now() < end {
            match gathering.next(until).await.map_err(failed)? {
                Next::Answer(Answer::Replied(reply, at)) => {
                    // What is of no use does not prolong the wait.
                    if answers.add(reply, at.saturating_duration_since(gathering.sent_at)) {
                        until = end.min(Instant::now() + self.quiet);
                    }
                }
                Next::Answer(Answer::Unroutable) | Next::Quiet => break,
            }
        }
        answers.finish()
    }

    /// The request to every server.
    fn request(&self, service: &str, name: &str) -> Result<PreparedMessage, CallError<NoError>> {
        let session = &self.client.session;
        let unreachable = |why: String| CallError::Encode(Unencodable(why.into()));
        if matches!(session.state(), SessionState::InProcess) {
            return Err(unreachable("a client in process reaches no servers that could be asked".to_owned()));
        }
        if let Some(dialect) = &session.settings.dialect {
            let dialect = dialect.name();
            return Err(unreachable(format!("peers of the dialect `{dialect}` tell nothing of themselves")));
        }
        let options = CallOptions { headers: self.headers.clone(), ..CallOptions::new().timeout(self.limit) };
        let untyped = UntypedMethod { name: of_service(service, name), queue: String::new() };
        let request = EncodedRequest {
            method: RESERVED,
            exchange: session.settings.namespace.exchange(&self.exchange).into_owned().into(),
            routing_key: of_service(service, ALL).into(),
            untyped: Some(Box::new(untyped)),
            content_type: AnyCodec::JSON.content_type().into(),
            body: Bytes::from_static(REQUEST),
            seal: RequestSeal::NONE,
            codec: AnyCodec::JSON,
            idempotent: true,
            key: None,
            inherited: Inherited::current(),
            options,
        };
        prepare(&session.settings, None, request).map_err(NotPrepared::into_call_error)
    }
}

impl fmt::Debug for Reflection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflection")
            .field("exchange", &self.exchange)
            .field("quiet", &self.quiet)
            .field("limit", &self.limit)
            .field("max_instances", &self.max_instances)
            .finish_non_exhaustive()
    }
}
