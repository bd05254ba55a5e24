//! Runs the cases of a fixture through a dialect.

use std::time::Duration;

use amqp_rpc_runtime::{
    Fault, FaultCode,
    contract::{MethodDef, MethodKind, ServiceDef},
    dialect::{
        Answer, Answered, ClientDialect, Delivery, Incoming, IncomingRequest, Outcome, OutgoingRequest,
        PeerReply, ReplyMessage, RequestMessage, ServerDialect, SmolStr, Target,
    },
};
use bytes::Bytes;
use serde_json::Value;

use super::{
    Fixture,
    bodies::{JSON, RAW, body_of, is_same},
    fixture::{Case, ExpectedAnswer, Settled},
};

/// The reply address of requests that are written here. It is the reply queue of whom asks for a UUID.
const UNIQUE: &str = "6e8bc430-9c3a-11d9-9669-0800200c9a66";
const CORRELATION_ID: &str = "11111111-2222-4333-8444-555555555555";

impl Fixture {
    /// Checks a dialect: `server` reads the peer's requests, and `client` reads the peer's replies; where both are given,
    /// each reads what the other writes.
    ///
    /// # Errors
    /// What differs, a line for each case.
    pub fn check(
        &self,
        server: Option<&dyn ServerDialect>,
        client: Option<&dyn ClientDialect>,
    ) -> Result<(), String> {
        let service = self.definition();
        let problems: Vec<_> = self
            .cases
            .iter()
            .filter_map(|case| {
                let checked = CaseCheck { case, service }.run(server, client);
                checked.err().map(|why| format!("{}: {}: {why}", self.peer, case.name))
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }
}

struct CaseCheck<'a> {
    case: &'a Case,
    service: &'static ServiceDef,
}

impl CaseCheck<'_> {
    fn run(
        &self,
        server: Option<&dyn ServerDialect>,
        client: Option<&dyn ClientDialect>,
    ) -> Result<(), String> {
        if let (Some(server), Some(request)) = (server, &self.case.request) {
            self.serve(server, request.delivery()?, client)
                .map_err(|why| format!("the peer's request: {why}"))?;
        }
        if let Some(client) = client {
            self.read_replies(client).map_err(|why| format!("the peer's reply: {why}"))?;
            if self.method().is_some_and(|method| method.kind != MethodKind::Event) {
                self.call(client, server).map_err(|why| format!("a call: {why}"))?;
            }
        }
        Ok(())
    }

    fn method(&self) -> Option<&'static MethodDef> {
        self.service.methods.iter().copied().find(|method| method.full_name == self.name())
    }

    fn name(&self) -> String {
        format!("{}.{}", self.service.name, self.case.method)
    }

    /// Reads a request and answers it; `client` reads the answer.
    fn serve(
        &self,
        server: &dyn ServerDialect,
        request: Delivery,
        client: Option<&dyn ClientDialect>,
    ) -> Result<(), String> {
        let exchange = request.exchange.clone();
        let (properties, kept, fault) = match server.read_request(self.service, request) {
            Incoming::Request(request) => {
                let IncomingRequest { method, body, properties, kept } = *request;
                if *method != *self.name() {
                    return Err(format!("it is read as one of `{method}`"));
                }
                // The arguments of a method that nobody serves do not matter.
                if self.method().is_some() && !self.case.arguments.is_null() {
                    let content_type = properties.content_type.as_deref().unwrap_or_default();
                    if !is_same(content_type, &body, &self.case.arguments) {
                        return Err(format!("its arguments are read as {}", String::from_utf8_lossy(&body)));
                    }
                }
                (properties, kept, None)
            }
            Incoming::Refused { fault, properties, kept } => (*properties, kept, Some(fault)),
            Incoming::Ignored(why) => {
                return match &self.case.answers {
                    Some(ExpectedAnswer::Without(Settled::Ack)) => Ok(()),
                    _ => Err(format!("it is ignored: {why}")),
                };
            }
        };
        let is_fault = |fault: &Fault| self.case.fault.as_deref() == Some(fault.code().as_str());
        if let Some(fault) = fault.as_ref().filter(|fault| !is_fault(fault)) {
            return Err(format!("it is refused: {fault:?}"));
        }
        if let Some(address) =
            properties.reply_to.as_deref().filter(|address| !server.allows_reply_to(address))
        {
            return Err(format!("the reply address {address:?} is not allowed"));
        }
        let content_type = properties.content_type.as_deref().unwrap_or(JSON);
        let outcome = Case::outcome(self.case, fault, content_type)?;
        let Some(outcome) = outcome else { return Ok(()) };
        let mut answered = Answered::new(outcome.borrowed(content_type), &kept);
        answered.method = self.method();
        answered.exchange = &exchange;
        answered.reply_to = properties.reply_to.as_deref();
        answered.correlation_id = properties.correlation_id.as_deref();
        let answer = server.answer(&answered);
        self.check_answer(answer, (properties.reply_to, properties.correlation_id), client)
    }

    fn check_answer(
        &self,
        answer: Answer,
        (reply_to, correlation_id): (Option<SmolStr>, Option<SmolStr>),
        client: Option<&dyn ClientDialect>,
    ) -> Result<(), String> {
        let settled = match &answer {
            Answer::Reply(_) => None,
            Answer::Ack => Some(Settled::Ack),
            Answer::Reject => Some(Settled::Reject),
        };
        match (&self.case.answers, answer) {
            (Some(ExpectedAnswer::Without(expected)), _) if settled == Some(*expected) => Ok(()),
            (Some(ExpectedAnswer::Without(expected)), answer) => {
                Err(format!("its answer is {answer:?}, not {expected:?}"))
            }
            (expected, Answer::Reply(reply)) => {
                let ReplyMessage { exchange, properties, body } = *reply;
                let reply_to = reply_to.unwrap_or_default();
                if let Some(ExpectedAnswer::Reply(frame)) = expected
                    && let Some(why) = frame.difference(&exchange, None, &properties, &body)
                {
                    return Err(format!("its reply: {why}"));
                }
                let Some(client) = client else { return Ok(()) };
                let delivery = Delivery::new(&*exchange, reply_to, properties, body);
                let id = client.correlation_id(&delivery);
                if id != correlation_id {
                    return Err(format!("its reply: the client reads the id {id:?}, not {correlation_id:?}"));
                }
                // What the client receives of an error of ours is in our form, whatever that of the peer is. And of a fault
                // of ours it may be certain where the peer's words leave a doubt.
                let certain = self.case.certain.filter(|_| self.case.replies.is_empty());
                let read = self.check_reply(client.read_reply(delivery), None, certain);
                read.map_err(|why| format!("its reply: {why}"))
            }
            (_, _) if self.case.fault.is_some() || self.case.error.is_some() || reply_to.is_none() => Ok(()),
            (_, answer) => Err(format!("its answer is {answer:?}")),
        }
    }

    fn read_replies(&self, client: &dyn ClientDialect) -> Result<(), String> {
        for reply in &self.case.replies {
            let read = client.read_reply(reply.delivery()?);
            // The first reply that has an end is the one that counts.
            if !matches!(read, PeerReply::Pending) {
                return self.check_reply(read, self.case.received.as_ref(), self.case.certain);
            }
        }
        Ok(())
    }

    /// `received` and `certain` are given where the case says them of this reply.
    fn check_reply(
        &self,
        reply: PeerReply,
        received: Option<&Value>,
        certain: Option<bool>,
    ) -> Result<(), String> {
        let Case { value, error, fault, .. } = self.case;
        let is_fault = |read: &Fault, is_certain| {
            fault.as_deref() == Some(read.code().as_str())
                && certain.is_none_or(|certain| certain == is_certain)
        };
        let fits = match &reply {
            PeerReply::Value { content_type, body } => {
                value.as_ref().is_some_and(|value| is_same(content_type, body, value))
            }
            PeerReply::Error { content_type, body } => {
                error.is_some() && received.is_none_or(|received| is_same(content_type, body, received))
            }
            PeerReply::Fault(read) => is_fault(read, true),
            PeerReply::UncertainFault(read) => is_fault(read, false),
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("it is read as {reply:?}")) }
    }

    /// Writes the call; `server` reads it.
    fn call(&self, client: &dyn ClientDialect, server: Option<&dyn ServerDialect>) -> Result<(), String> {
        let (Some(method), name) = (self.method(), self.name()) else { return Ok(()) };
        if self.case.arguments.is_null() {
            return Ok(());
        }
        let Target { exchange, routing_key, .. } =
            client.target(method, &name).map_err(|why| why.to_string())?;
        let content_type = if method.reads_anything { RAW } else { client.codec().content_type() };
        let body = body_of(content_type, &self.case.arguments)?;
        let is_call = method.kind == MethodKind::Call;
        let mut request = OutgoingRequest::new(method, &name, content_type, &body, CORRELATION_ID);
        if is_call {
            request.reply_to = Some(client.reply_queue(UNIQUE).into());
            request.remaining = Some(Duration::from_secs(3));
            request.expiration = Some(SmolStr::new_static("3000"));
        } else {
            request.message_id = Some(SmolStr::new_static(UNIQUE));
        }
        let written = client.write_request(request).map_err(|why| why.to_string())?;
        let RequestMessage { properties, body } = written;
        if properties.reply_to.is_some() != is_call || properties.correlation_id.is_none() {
            return Err("its request: a call has a reply address, a notification none, and both have a correlation id".into());
        }
        if let Some(frame) = &self.case.writes
            && let Some(why) = frame.difference(&exchange, Some(&routing_key), &properties, &body)
        {
            return Err(format!("its request: {why}"));
        }
        match server {
            None => Ok(()),
            Some(server) => {
                self.serve(server, Delivery::new(exchange, routing_key, properties, body), Some(client))
            }
        }
    }
}

/// An outcome that is owned here.
enum CaseOutcome {
    Value(Bytes),
    Error(Bytes, Option<String>),
    Fault(Fault),
}

impl Case {
    /// The outcome of the case; `fault` is what its request was refused with, and its codec has this
    /// content type.
    ///
    /// # Errors
    /// When its value is no body of this content type.
    fn outcome(&self, fault: Option<Fault>, content_type: &str) -> Result<Option<CaseOutcome>, String> {
        Ok(match (fault, &self.fault, &self.value, &self.error) {
            (Some(fault), ..) => Some(CaseOutcome::Fault(fault)),
            (None, Some(code), ..) => {
                Some(CaseOutcome::Fault(Fault::new(FaultCode::from(&**code), "the fault")))
            }
            (None, None, Some(value), _) => Some(CaseOutcome::Value(body_of(content_type, value)?)),
            (None, None, None, Some(error)) => {
                let body = body_of(type_of_errors(content_type), error)?;
                Some(CaseOutcome::Error(body, self.text.clone()))
            }
            (None, None, None, None) => None,
        })
    }
}

impl CaseOutcome {
    fn borrowed<'a>(&'a self, content_type: &'a str) -> Outcome<'a> {
        match self {
            Self::Value(body) => Outcome::Value { content_type, body },
            Self::Error(body, text) => {
                let content_type = type_of_errors(content_type);
                Outcome::Error { content_type, body, text: text.as_deref() }
            }
            Self::Fault(fault) => Outcome::Fault(fault),
        }
    }
}

/// The content type of a method's own error, beside one of values: an error of a method that returns bytes is in JSON.
fn type_of_errors(content_type: &str) -> &str {
    if content_type == RAW { JSON } else { content_type }
}
