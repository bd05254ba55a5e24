//! Faults: why a call has no result of its method's own making, and what that says of execution.

use std::fmt;

use super::{Execution, FaultCode, Violation, Violations, violation::cut};

/// A refusal or failure that the server reports in place of the method's own result or error.
///
/// On the wire it is the object `{"code", "message", "field"?, "errors"?}` in a reply of type `fault`.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    message: String,
    // Most faults have none, and every outcome of a call has room for a fault: it is copied many times.
    more: Option<Box<More>>,
    // Not on the wire: set by the caller's side, which knows the method, and whether it sent the request before.
    idempotent: bool,
    is_of_repetition: bool,
}

/// More of a text is not for people, and must fit beside others into a reply.
const MOST_BYTES: usize = 32 * 1024;

/// What only some faults have.
#[derive(Clone, Default, PartialEq, Eq)]
struct More {
    field: Option<String>,
    // Not on the wire: for the server's own log.
    detail: Option<String>,
    violations: Vec<Violation>,
}

impl Fault {
    /// A fault with a message for people.
    ///
    /// Of message, field and detail the first 32 KiB are kept, for they may repeat what the caller has sent. The message travels to the
    /// caller: leave out secrets, payloads and backtraces.
    #[must_use]
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: cut(message.into(), MOST_BYTES),
            more: None,
            idempotent: false,
            is_of_repetition: false,
        }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// A fault for values that break the contract's rules.
    #[must_use]
    pub fn of_violations(code: FaultCode, violations: Violations) -> Self {
        let fault = Self::new(code, violations.to_string());
        fault.with_violations(violations.into_vec())
    }

    pub(crate) fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        let Some(first) = violations.first() else { return self };
        if self.field().is_none() && !first.field().is_empty() {
            self.more().field = Some(first.field().to_owned());
        }
        self.more().violations = violations;
        self
    }

    /// Names the request field that is to blame, such as `user.address.zip`.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.more().field = Some(cut(field.into(), MOST_BYTES));
        self
    }

    /// Adds what only the server's own people should know, such as the error of a database. It stands in the server's log, and never
    /// travels.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.more().detail = Some(cut(detail.into(), MOST_BYTES));
        self
    }

    /// What went wrong, for programs.
    #[must_use]
    pub fn code(&self) -> &FaultCode {
        &self.code
    }

    /// What went wrong, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The request field that is to blame, if the server named one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.more.as_ref()?.field.as_deref()
    }

    /// What [`with_detail`](Self::with_detail) added; nothing on the caller's side.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.more.as_ref()?.detail.as_deref()
    }

    /// The values that break the contract's rules, if that is what the fault is about.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.more.as_ref().map_or(&[], |more| &more.violations)
    }

    /// What the code says of execution; `Unknown` in place of `Never` when the request had to be sent twice, because what became
    /// of the first is not known.
    #[must_use]
    pub fn execution(&self) -> Execution {
        match self.code.execution() {
            Execution::Never if self.is_of_repetition => Execution::Unknown,
            execution => execution,
        }
    }

    /// Whether the same call may succeed if it is made again, without the risk of running twice.
    ///
    /// True for refusals with a passing cause, and for an unknown outcome of a method declared `idempotent`.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.code.execution() {
            Execution::Never => self.code.is_passing(),
            Execution::Unknown => self.idempotent,
            Execution::Completed => false,
        }
    }

    pub(crate) fn of_method(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// The request was sent before, and may have run then.
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
