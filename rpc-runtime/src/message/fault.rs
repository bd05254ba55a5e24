//! Faults: refusals and failures that a server reports in place of a method's result.

use std::fmt;

use amqp_rpc_contract::private::cut;

use super::{Execution, FaultCode, Violation, Violations};

/// A refusal or failure that the server reports in place of the method's own result or error.
///
/// On the wire it is the object `{"code", "message", "field"?, "errors"?}`, in a reply of type `fault`.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    message: String,
    // Boxed because most faults have none of it, and the result of every call has the size of a fault.
    details: Option<Box<Details>>,
    // Not on the wire. The client sets both: it knows the method, and whether it sent the request before.
    idempotent: bool,
    is_of_repetition: bool,
}

/// Limits a text, so that a fault with all its texts fits into a reply.
const MAX_TEXT_BYTES: usize = 32 * 1024;

/// The parts that only some faults have.
#[derive(Clone, Default, PartialEq, Eq)]
struct Details {
    field: Option<String>,
    // Not on the wire: for the server's log.
    detail: Option<String>,
    violations: Vec<Violation>,
}

impl Fault {
    /// A fault with a code for programs and a message for people.
    ///
    /// The message travels to the caller: leave out secrets, payloads and backtraces. Message, field and
    /// detail are cut after 32 KiB each, because they may quote the request.
    #[must_use]
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: cut(message.into(), MAX_TEXT_BYTES),
            details: None,
            idempotent: false,
            is_of_repetition: false,
        }
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    /// A fault for values that break the rules of the contract.
    #[must_use]
    pub fn of_violations(code: FaultCode, violations: Violations) -> Self {
        let fault = Self::new(code, violations.to_string());
        fault.with_violations(violations.into_vec())
    }

    pub(crate) fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        let Some(first) = violations.first() else { return self };
        if self.field().is_none() && !first.field().is_empty() {
            self.details_mut().field = Some(first.field().to_owned());
        }
        self.details_mut().violations = violations;
        self
    }

    /// Names the invalid field of the request, such as `user.address.zip`.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.details_mut().field = Some(cut(field.into(), MAX_TEXT_BYTES));
        self
    }

    /// Adds a detail for the server's log, such as the error of a database. It does not travel to the caller.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.details_mut().detail = Some(cut(detail.into(), MAX_TEXT_BYTES));
        self
    }

    /// The code, for programs.
    #[must_use]
    pub fn code(&self) -> &FaultCode {
        &self.code
    }

    /// The message, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The invalid field of the request, if the server named one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.details.as_ref()?.field.as_deref()
    }

    /// The detail for the server's log, from [`with_detail`](Self::with_detail). `None` on the client.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.details.as_ref()?.detail.as_deref()
    }

    /// The values that break the rules of the contract, for a fault about them.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.details.as_ref().map_or(&[], |details| &details.violations)
    }

    /// The execution that the code implies. `Unknown` in place of `Never` when the client had to send the
    /// request twice: the first one may have run.
    #[must_use]
    pub fn execution(&self) -> Execution {
        match self.code.execution() {
            Execution::Never if self.is_of_repetition => Execution::Unknown,
            execution => execution,
        }
    }

    /// Returns whether repeating the call may succeed, without the risk of running it twice.
    ///
    /// True for refusals with a passing cause, and for an unknown outcome of a method declared `idempotent`.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.code.execution() {
            Execution::Never => self.code.is_passing() && (!self.is_of_repetition || self.idempotent),
            Execution::Unknown => self.idempotent,
            Execution::Completed => false,
        }
    }

    /// The fault of a call that found its queue full.
    /// The fault of a call that a stopping server did not start.
    pub(crate) fn not_started() -> Self {
        Self::new(FaultCode::ShuttingDown, "the server was stopping and did not start the method")
    }

    /// Its text, as it is logged.
    pub(crate) fn text(&self) -> String {
        match self.detail() {
            Some(detail) => format!("{}: {detail}", self.message()),
            None => self.message().to_owned(),
        }
    }

    /// The fault of a call that nobody waits for any more.
    pub(crate) fn expired() -> Self {
        Self::new(FaultCode::Expired, "the caller's deadline passed before the method started")
    }

    pub(crate) fn queue_full(queue: &str) -> Self {
        Self::new(FaultCode::Overloaded, format!("queue `{queue}` is full"))
    }

    pub(crate) fn of_method(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Marks a fault of a request that was sent before, and may have run then.
    pub(crate) fn of_repetition(mut self) -> Self {
        self.is_of_repetition = true;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match self.field() {
            // The message names them all.
            Some(_) if !self.violations().is_empty() => Ok(()),
            Some(field) => write!(f, " (field `{field}`)"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("field", &self.field())
            .finish()
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_survives_the_wire() {
        for code in FaultCode::KNOWN {
            assert_eq!(&FaultCode::from(code.as_str()), code);
        }
        assert_eq!(FaultCode::from("from_the_future").as_str(), "from_the_future");
    }

    #[test]
    fn a_fault_is_shown_with_what_it_has() {
        let fault = Fault::new(FaultCode::Overloaded, "");
        assert_eq!(fault.to_string(), "overloaded");
        let fault = Fault::new(FaultCode::BadRequest, "n is missing").with_field("n");
        assert_eq!(fault.to_string(), "bad_request: n is missing (field `n`)");
    }

    #[test]
    fn an_unknown_outcome_is_retryable_only_on_an_idempotent_method() {
        for code in FaultCode::KNOWN.iter().filter(|code| code.execution() == Execution::Unknown) {
            let fault = Fault::new(code.clone(), "");
            assert!(!fault.clone().of_method(false).is_retryable(), "{code}");
            assert!(fault.of_method(true).is_retryable(), "{code}");
        }
    }

    #[test]
    fn what_completed_is_never_retryable() {
        for code in FaultCode::KNOWN.iter().filter(|code| code.execution() == Execution::Completed) {
            assert!(!Fault::new(code.clone(), "").of_method(true).is_retryable(), "{code}");
        }
    }
}
