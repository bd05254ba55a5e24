//! What two versions of a method promise about running twice.
//!
//! Whom a change breaks follows from two things: what a client does by its contract, which may be to send a request
//! again, and what the server does with that by its own.

use amqp_rpc_contract::description::{MethodDescription, MethodKind, Repetition};

use super::{Rule, change::Change};

pub(super) fn compare(old: &MethodDescription, new: &MethodDescription) -> Option<Change> {
    use Repetition::{AtMostOnce, Deduplicated, Idempotent, Undeclared};
    let (rule, change) = match (old.repetition, new.repetition) {
        (from, to) if from == to => return None,
        (Repetition::Unknown, _) | (_, Repetition::Unknown) => {
            let change = "what it promises about running twice changed, and is not known";
            let why = "a promise that is not known may be relied on";
            return Some(Change::of(Rule::RepetitionWeakened, "repetition", change).breaks_both(why));
        }
        (_, Deduplicated) => (Rule::DeduplicationAdded, "repeats are recognised by an idempotency key"),
        (Deduplicated, _) => (Rule::DeduplicationRemoved, "no idempotency key is looked at any more"),
        (Undeclared | AtMostOnce, Idempotent) => (Rule::RepetitionStrengthened, "it is idempotent"),
        (Undeclared, _) => (Rule::RepetitionStrengthened, "it runs at most once"),
        (AtMostOnce, _) => (Rule::RepetitionWeakened, "it may run more than once"),
        (_, _) => (Rule::RepetitionWeakened, "it is not idempotent any more"),
    };
    let mut change = Change::of(rule, "repetition", change);
    change.breaks_clients = problem(old, new).map(|problem| format!("they {problem}"));
    change.breaks_servers = problem(new, old).map(|problem| format!("new clients {problem}"));
    Some(change)
}

/// What goes wrong when a client of one version calls a server of another.
fn problem(client: &MethodDescription, server: &MethodDescription) -> Option<&'static str> {
    use Repetition::{AtMostOnce, Deduplicated, Idempotent};
    // The message id of a notification or an event is one, and stays the same when the client sends it again.
    let sends_key =
        client.repetition == Deduplicated || matches!(client.kind, MethodKind::Notify | MethodKind::Event);
    match (client.repetition, server.repetition) {
        (_, Deduplicated) if sends_key => None,
        (_, Deduplicated) => Some("send no idempotency key: `bad_request`, and the method does not run"),
        // Running it twice is harmless.
        (_, Idempotent) => None,
        (Idempotent | Deduplicated, _) => {
            Some("send a request again whose outcome is unknown, and the method runs twice")
        }
        (AtMostOnce, _) if server.repetition != AtMostOnce => {
            Some("rely on a request not to run twice, and one that is delivered again does")
        }
        _ => None,
    }
}
