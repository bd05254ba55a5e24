//! Compares the table of errors in docs/semantics.md with the code.

use std::{collections::BTreeMap, time::Duration};

use amqp_rpc_transport::CannotBlock;

use super::{
    AccessRefused, Awaited, Blocked, CallError, CircuitOpen, Disconnected, Nacked, NoConsumer, Phase,
    QueueState, TimedOut, TooLarge, Undecodable, Unencodable, Unroutable,
};
use crate::message::{Execution, Fault, FaultCode, Violations};

const PAGE: &str = include_str!("../../../../docs/semantics.md");
const HEADER: &str = "| error | when it comes | `execution()` | plain | idempotent |";

/// `execution()`, and `is_retryable()` of a plain and an idempotent method, as the page writes them.
type TableRow = [String; 3];

/// The rows of the page's table, by their first cell.
fn documented() -> BTreeMap<String, TableRow> {
    let table = PAGE.lines().skip_while(|line| *line != HEADER).skip(2);
    let mut rows = BTreeMap::new();
    for row in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [error, when, verdict @ ..] = &cells[..] else { panic!("a row without cells: {row}") };
        assert!(!when.is_empty(), "no text about when it comes: {row}");
        let verdict = verdict.to_vec().try_into().unwrap_or_else(|_| panic!("not five cells: {row}"));
        assert_eq!(rows.insert(error.replace('`', ""), verdict), None, "a row comes twice: {row}");
    }
    rows
}

/// Every error of a call to a method that is declared idempotent or not.
fn every_error(idempotent: bool) -> Vec<CallError<&'static str>> {
    let after = Duration::from_secs(1);
    let future = FaultCode::from("from_the_future");
    let codes = FaultCode::KNOWN.iter().cloned().chain([future]);
    let mut errors: Vec<_> =
        codes.map(|code| CallError::Fault(Fault::new(code, "").of_method(idempotent))).collect();
    for phase in [Phase::WaitingToSend, Phase::Sent] {
        for found in [None, Some(("fib".to_owned(), QueueState::Missing))] {
            for inherited in [false, true] {
                let found = found.clone();
                let awaited = Awaited::Reply;
                let timeout =
                    TimedOut { after, inherited, phase, awaited, idempotent, found, not_connected: None };
                errors.push(CallError::Timeout(timeout));
            }
        }
        errors.push(CallError::Disconnected(Disconnected { reason: "".into(), phase, idempotent }));
    }
    for exchange_missing in [false, true] {
        let (exchange, routing_key) = (String::new(), String::new());
        errors.push(CallError::Unroutable(Unroutable { exchange, routing_key, exchange_missing }));
    }
    errors.extend([
        CallError::Method("its own"),
        CallError::NoConsumer(NoConsumer { queue: "fib".into(), waiting: 1 }),
        CallError::Nacked(Nacked { idempotent }),
        CallError::Blocked(Blocked { reason: "low on memory".into() }),
        CallError::CircuitOpen(CircuitOpen { queue: "fib", retry_after: Duration::ZERO }),
        CallError::AccessRefused(AccessRefused { exchange: "amqp-rpc".into(), reason: "".into() }),
        CallError::TooLarge(TooLarge { size: 2, limit: 1 }),
        CallError::Invalid(Violations::default()),
        CallError::Encode(Unencodable("".into())),
        CallError::Decode(Undecodable {
            what: "result",
            execution: Execution::Completed,
            source: "".into(),
            remote: None,
        }),
        CallError::Decode(Undecodable {
            what: "reply",
            execution: Execution::Unknown,
            source: "".into(),
            remote: None,
        }),
        CallError::Closed,
        CallError::CannotBlock(CannotBlock::InAsyncRuntime),
        CallError::CannotBlock(CannotBlock::NoBlockingClient),
    ]);
    errors
}

/// The row that an error belongs to. A variant that is added here must be added to `every_error` and to the
/// page.
fn row(error: &CallError<&'static str>) -> String {
    let phase = |phase| match phase {
        Phase::WaitingToSend => "WaitingToSend",
        Phase::Sent => "Sent",
    };
    match error {
        CallError::Method(_) => "Method".into(),
        CallError::Fault(fault) => match fault.code() {
            FaultCode::Other(_) => "Fault any other code".into(),
            code => format!("Fault {code}"),
        },
        CallError::Unroutable(_) => "Unroutable".into(),
        CallError::Timeout(timeout) if timeout.is_inherited() => {
            format!("Timeout {} inherited", phase(timeout.phase()))
        }
        CallError::Timeout(timeout) => format!("Timeout {}", phase(timeout.phase())),
        CallError::Disconnected(disconnected) => format!("Disconnected {}", phase(disconnected.phase())),
        CallError::NoConsumer(_) => "NoConsumer".into(),
        CallError::Blocked(_) => "Blocked".into(),
        CallError::CircuitOpen(_) => "CircuitOpen".into(),
        CallError::Nacked(_) => "Nacked".into(),
        CallError::AccessRefused(_) => "AccessRefused".into(),
        CallError::TooLarge(_) => "TooLarge".into(),
        CallError::Invalid(_) => "Invalid".into(),
        CallError::Encode(_) => "Encode".into(),
        CallError::Decode(undecodable) if undecodable.execution == Execution::Completed => {
            "Decode of a result or error".into()
        }
        CallError::Decode(_) => "Decode of anything else".into(),
        CallError::Closed => "Closed".into(),
        CallError::CannotBlock(_) => "CannotBlock".into(),
    }
}

fn actual() -> BTreeMap<String, TableRow> {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    let mut rows = BTreeMap::new();
    for (plain, idempotent) in every_error(false).iter().zip(&every_error(true)) {
        assert_eq!(plain.execution(), idempotent.execution(), "{plain:?}");
        let verdict = [
            format!("{:?}", plain.execution()),
            yes_or_no(plain.is_retryable()),
            yes_or_no(idempotent.is_retryable()),
        ];
        if let Some(other) = rows.insert(row(plain), verdict.clone()) {
            assert_eq!(other, verdict, "one row for errors that differ: {plain:?}");
        }
    }
    rows
}

#[test]
fn the_documented_semantics_of_every_error_are_those_of_the_code() {
    let (documented, actual) = (documented(), actual());
    for (row, verdict) in &actual {
        assert_eq!(documented.get(row), Some(verdict), "docs/semantics.md, row {row:?}");
    }
    for row in documented.keys() {
        assert!(
            actual.contains_key(row),
            "docs/semantics.md has a row for {row:?}, the code has no such error"
        );
    }
}

#[test]
fn the_text_of_a_timeout_states_the_missing_message_and_the_queue_state() {
    let text = |phase, awaited, found: Option<QueueState>| {
        let (after, not_connected) = (Duration::from_secs(1), None);
        let found = found.map(|served| ("fib".to_owned(), served));
        TimedOut { after, inherited: false, phase, awaited, idempotent: false, found, not_connected }
            .to_string()
    };
    assert_eq!(
        text(Phase::Sent, Awaited::Confirm, None),
        "no publisher confirm within 1s; the broker may have the message"
    );
    assert_eq!(
        text(Phase::WaitingToSend, Awaited::Confirm, None),
        text(Phase::WaitingToSend, Awaited::Reply, None)
    );
    assert_eq!(text(Phase::Sent, Awaited::Reply, None), "no reply within 1s");
    for (waiting, words) in [(0, "no request waits"), (1, "1 request waits"), (2, "2 requests wait")] {
        assert_eq!(
            text(Phase::Sent, Awaited::Reply, Some(QueueState::NoConsumer { waiting })),
            format!("no reply within 1s: queue `fib` has no consumer, and {words} in it")
        );
    }
    assert_eq!(
        text(Phase::Sent, Awaited::Reply, Some(QueueState::Consumed { consumers: 1, waiting: 0 })),
        "no reply within 1s: queue `fib` has 1 consumer, and no request waits in it"
    );
}

#[test]
fn an_error_is_split_into_the_method_s_own_and_the_rest() {
    let own = || CallError::Method("sold out".to_owned());
    let closed = || CallError::<String>::Closed;
    assert_eq!(own().into_method().unwrap(), "sold out");
    assert!(matches!(closed().into_method(), Err(CallError::Closed)));
    assert_eq!(own().method_or(|failure| failure.to_string()), "sold out");
    assert_eq!(closed().method_or(|failure| failure.to_string()), "the client is closed");
    assert_eq!((own().as_method(), closed().as_method()), (Some(&"sold out".to_owned()), None));
}
