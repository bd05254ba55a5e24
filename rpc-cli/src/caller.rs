//! A method that is to be called, with what the contract and the command line say of its requests.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client,
    client::{UntypedBody, UntypedCall, UntypedMessage},
    description::{MethodKind, Repetition},
    docs::check,
    error::UntypedError,
};
use bytes::Bytes;
use serde_json::Value;

use crate::{
    body::RequestArgs,
    call_error::{failure_of, own_error},
    contract::{self, Method, kind_text},
    exit::Exit,
    failure::Failure,
    session::Session,
};

/// A method, its contract if there is one, and how its requests are sent.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) contract: Option<Method>,
    client: Client,
    args: RequestArgs,
    exchange: Option<String>,
    timeout: Duration,
}

impl Caller {
    /// Connects, and looks for the contract of the method, which must be of this kind.
    ///
    /// # Errors
    /// When the broker cannot be reached, or the contract has no such method, or one of another kind.
    pub(crate) async fn find(
        name: String,
        kind: MethodKind,
        args: RequestArgs,
        session: &Session,
    ) -> Result<Self, Failure> {
        let client = session.client().await?;
        let contract = contract::method(&name, session).await?;
        if let Some(found) = &contract
            && found.method.kind != kind
        {
            let (is, verb) = match found.method.kind {
                MethodKind::Notify => ("a notification", "notify"),
                MethodKind::Event => ("an event", "publish"),
                _ => ("a call", "call"),
            };
            return Err(Failure::usage(format!("{name} is {is}, and no {}", kind_text(kind)))
                .advice(format!("use amqp-rpc {verb} {name}")));
        }
        if contract.is_none() {
            session.note(format_args!("{name} is called without a contract"));
        }
        let of_contract = contract.as_ref().and_then(|found| found.method.timeout_ms);
        let of_contract = of_contract.map(Duration::from_millis);
        let timeout = session.global.timeout.or(of_contract).unwrap_or(session.timeout());
        let exchange = session.global.exchange.clone();
        Ok(Self { name, contract, client, args, exchange, timeout })
    }

    /// Compares a body with the contract.
    ///
    /// # Errors
    /// When it does not fit; the text names the fields.
    pub(crate) fn check(&self, body: &Value) -> Result<(), Failure> {
        let Some(found) = self.contract.as_ref().filter(|_| !self.args.no_check) else { return Ok(()) };
        let mismatches = check::request(&found.service, &found.method, body);
        if mismatches.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = mismatches.iter().map(|mismatch| format!("\n  {mismatch}")).collect();
        let text = format!("the body does not fit {}, and was not sent:{}", self.name, lines.concat());
        Err(Failure::new(Exit::Invalid, text)
            .advice(format!(
                "`amqp-rpc describe {0}` shows what it takes, `amqp-rpc template {0}` a body",
                self.name
            ))
            .advice("--no-check sends it all the same"))
    }

    /// A call with this body, which was checked.
    pub(crate) fn call(&self, body: Value) -> UntypedCall<Value> {
        self.addressed(self.client.call_json(&*self.name, body)).codec(self.args.codec)
    }

    /// A call with this body as it is.
    pub(crate) fn raw_call(&self, body: Vec<u8>) -> UntypedCall<Bytes> {
        let call = self.addressed(self.client.call_bytes(&*self.name, body));
        match &self.args.content_type {
            Some(content_type) => call.content_type(content_type),
            None => call,
        }
    }

    /// A one-way message with this body, which was checked.
    pub(crate) fn message(&self, body: Value, topic: Option<&str>) -> UntypedMessage<Value> {
        let message = match topic {
            Some(topic) => self.client.publish_json(&*self.name, body).topic(topic),
            None => self.client.notify_json(&*self.name, body),
        };
        self.addressed_message(message).codec(self.args.codec)
    }

    /// A one-way message with this body as it is.
    pub(crate) fn raw_message(&self, body: Vec<u8>, topic: Option<&str>) -> UntypedMessage<Bytes> {
        let message = match topic {
            Some(topic) => self.client.publish_bytes(&*self.name, body).topic(topic),
            None => self.client.notify_bytes(&*self.name, body),
        };
        let message = self.addressed_message(message);
        match &self.args.content_type {
            Some(content_type) => message.content_type(content_type),
            None => message,
        }
    }

    /// The failure of a call whose own errors are JSON.
    pub(crate) fn failure(&self, error: CallError<UntypedError<Value>>) -> Failure {
        match error.into_method() {
            Ok(UntypedError(value)) => own_error(&self.name, value),
            Err(error) => failure_of(&error, &self.name),
        }
    }

    /// The failure of a raw call: its own error as JSON if it is JSON, else as text.
    pub(crate) fn raw_failure(&self, error: CallError<UntypedError<Bytes>>) -> Failure {
        match error.into_method() {
            Ok(UntypedError(body)) => {
                let value = serde_json::from_slice(&body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
                own_error(&self.name, value)
            }
            Err(error) => failure_of(&error, &self.name),
        }
    }

    /// Where requests go: what the command line says, else the contract, else the name.
    fn addressed<B: UntypedBody>(&self, call: UntypedCall<B>) -> UntypedCall<B> {
        let mut call = call.timeout(self.timeout);
        if let Some(found) = &self.contract {
            let method = &found.method;
            call = call.exchange(&*method.exchange).routing_key(&*method.routing_key);
            if let Some(queue) = &method.queue {
                call = call.queue(queue);
            }
            if method.repetition == Repetition::Idempotent {
                call = call.idempotent();
            }
        }
        if let Some(exchange) = &self.exchange {
            call = call.exchange(exchange);
        }
        if let Some(routing_key) = &self.args.routing_key {
            call = call.routing_key(routing_key);
        }
        let headers = self.args.headers.iter();
        headers.fold(call, |call, (name, value)| call.header(name, value.as_str()))
    }

    fn addressed_message<B: UntypedBody>(&self, message: UntypedMessage<B>) -> UntypedMessage<B> {
        let mut message = message.timeout(self.timeout);
        if let Some(found) = &self.contract {
            message = message.exchange(&*found.method.exchange).routing_key(&*found.method.routing_key);
        }
        if let Some(exchange) = &self.exchange {
            message = message.exchange(exchange);
        }
        if let Some(routing_key) = &self.args.routing_key {
            message = message.routing_key(routing_key);
        }
        let headers = self.args.headers.iter();
        headers.fold(message, |message, (name, value)| message.header(name, value.as_str()))
    }
}
