//! Prints the report of a run.

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    findings::Findings,
    ledgers::{
        message_kinds::Receiver,
        outcome::{CallOutcome, PublishOutcome},
        violations::Violations,
    },
    options::Options,
    process_sample::{ProcessSample, median},
};

/// How much more memory the last third of a run may take than the first, in MiB: allocators keep what a burst
/// needed.
const MORE_MEMORY: f64 = 32.0;
/// The growth of a shorter run is not checked: the process still warms up.
const WARM: Duration = Duration::from_secs(120);
/// How many more of lapin's threads there may be: lost connections overlap with their successors.
const MORE_THREADS: f64 = 3.0;

pub(crate) fn begin(options: &Options, broker: &str) {
    println!(
        "soak on {broker} for {:?}: seed {}, {} clients, {} servers, {} calls and messages in flight, at most {} a second",
        options.duration, options.seed, options.clients, options.servers, options.in_flight, options.rate
    );
}

/// Compares the first third of a run with the last.
pub(crate) fn check_samples(options: &Options, samples: &[ProcessSample], violations: &Violations) {
    let (first, last) = thirds(samples);
    if first.is_empty() {
        return;
    }
    let growth = |field: fn(&ProcessSample) -> f64| median(last, field) - median(first, field);
    let memory = growth(|samples| samples.resident_mib);
    if options.duration >= WARM && memory > MORE_MEMORY {
        violations.add(&format!("the process has grown by {memory:.0} MiB"));
    }
    let threads = growth(|samples| samples.io_threads as f64);
    if threads > MORE_THREADS {
        violations.add(&format!("there are {threads:.0} more threads of connections"));
    }
}

fn thirds(samples: &[ProcessSample]) -> (&[ProcessSample], &[ProcessSample]) {
    let third = samples.len() / 3;
    (&samples[..third], &samples[samples.len() - third..])
}

pub(crate) fn print(options: &Options, findings: &Findings) {
    calls(findings);
    outcomes("outcome of calls", findings.outcomes.by_number());
    messages(findings);
    outcomes("outcome of messages", findings.message_outcomes.by_number());
    println!("\n| what was broken | times |\n|---|---|");
    for (what, times) in &findings.chaos {
        println!("| {what} | {times} |");
    }
    peers(findings);
    process(findings);
    verdict(options, findings);
}

fn outcomes(title: &str, rows: Vec<(String, u64, String)>) {
    println!("\n| {title} | times | of which |\n|---|---|---|");
    for (outcome, count, kinds) in rows {
        println!("| {outcome} | {count} | {kinds} |");
    }
}

fn messages(findings: &Findings) {
    let totals = &findings.messages;
    println!("\n| outcome for the publisher | notifications | events |\n|---|---|---|");
    for (word, (notifications, events)) in PublishOutcome::ALL.iter().zip(totals.outcomes) {
        let text = match word {
            PublishOutcome::Confirmed => "the broker has it",
            PublishOutcome::Never => "not taken by the broker, and never will be",
            PublishOutcome::Unknown => "unknown",
            PublishOutcome::Dropped => "dropped by its publisher",
        };
        println!("| {text} | {notifications} | {events} |");
    }
    println!("\n| receiver | confirmed for it | received | more than once |\n|---|---|---|---|");
    for (receiver, (confirmed, received, again)) in Receiver::ALL.iter().zip(totals.received) {
        let text = match receiver {
            Receiver::Post => "servers with a classic queue",
            Receiver::Archive => "servers with a quorum queue",
            Receiver::Audit => "a group with a classic queue",
            Receiver::Europe => "a group with a quorum queue, some topics",
            Receiver::Listener => "a listener, for which nothing is kept",
        };
        println!("| {text} | {confirmed} | {received} | {again} |");
    }
    println!(
        "\n{} messages; {} executions of redelivered ones, {} because a client sent again, at most, {} unmarked redeliveries; {} executions of made-up ones; {} at_most_once messages were dead letters and did not run",
        totals.made,
        totals.redelivered,
        totals.repeated_by_client,
        totals.unmarked,
        totals.unknown,
        totals.dead_lettered
    );
}

fn calls(findings: &Findings) {
    let totals = &findings.calls;
    println!("\n| outcome for the caller | calls | started at least once |\n|---|---|---|");
    for (verdict, (calls, started)) in CallOutcome::ALL.iter().zip(totals.outcomes) {
        let text = match verdict {
            CallOutcome::Answered => "answered with its own result",
            CallOutcome::MethodError => "answered with its method's own error",
            CallOutcome::Undecodable => "it ran, and its reply cannot be read",
            CallOutcome::Never => "it never ran, and never will",
            CallOutcome::Refused => "the same, as a server says",
            CallOutcome::Unknown => "unknown",
            CallOutcome::Dropped => "dropped by its caller",
        };
        println!("| {text} | {calls} | {started} |");
    }
    let accounted: u64 = totals.outcomes.iter().map(|(calls, _)| calls).sum();
    println!("| **all** | {accounted} of {} | |", totals.made);
    println!(
        "\n{} executions, {} of them of redelivered requests; {} calls ran more than once, {} times because their client sent them again; \
         {} executions of made-up requests",
        totals.executions, totals.redelivered, totals.repeated, totals.repeated_by_client, totals.unknown
    );
    println!(
        "{} second executions or refusals of unmarked redeliveries; redeliveries may have been unmarked for {:.0} s, added up over \
         all queues",
        totals.unmarked,
        findings.doubtful.as_secs_f64()
    );
    println!(
        "{} executions began after their caller's deadline, the latest {} ms after it; no call ended later than {} ms after its timeout",
        totals.late,
        totals.latest.as_millis(),
        findings.overrun.as_millis()
    );
}

fn peers(findings: &Findings) {
    let server_counts = &findings.server_counts;
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "\nservers: {} started, {} killed, {} shut down ({} of them interrupted, {} calls abandoned), {} failed, {} attempts to start failed",
        read(&server_counts.started),
        read(&server_counts.killed),
        read(&server_counts.shut_down),
        read(&server_counts.interrupted),
        read(&server_counts.abandoned),
        read(&server_counts.failed),
        read(&server_counts.not_started)
    );
    let sum =
        |field: fn(&amqp_rpc::client::ClientStats) -> u64| findings.clients.iter().map(field).sum::<u64>();
    println!(
        "clients: {} calls sent again, {} late or double replies, {} unknown and {} malformed ones",
        sum(|stats| stats.resent),
        sum(|stats| stats.late_replies),
        sum(|stats| stats.unknown_replies),
        sum(|stats| stats.malformed_replies)
    );
    println!(
        "{} dead letters; {} messages sent that may become one",
        findings.dead_letters, findings.bad_messages
    );
    let recoveries = &findings.recoveries;
    let at = |part: f64| {
        let index = (recoveries.len().saturating_sub(1) as f64 * part) as usize;
        recoveries.get(index).copied().unwrap_or(Duration::ZERO).as_millis()
    };
    println!(
        "recoveries, from the loss of a connection to the next answer: {}, median {} ms, nine of ten within {} ms, the longest {} ms",
        recoveries.len(),
        at(0.5),
        at(0.9),
        at(1.0)
    );
}

fn process(findings: &Findings) {
    let (first, last) = thirds(&findings.samples);
    if first.is_empty() {
        return;
    }
    println!("\n| median of | first third | last third |\n|---|---|---|");
    type Field = fn(&ProcessSample) -> f64;
    let fields: [(&str, Field); 4] = [
        ("resident memory, MiB", |samples| samples.resident_mib),
        ("threads", |samples| samples.threads as f64),
        ("threads of connections", |samples| samples.io_threads as f64),
        ("open files", |samples| samples.open_files as f64),
    ];
    for (name, field) in fields {
        println!("| {name} | {:.0} | {:.0} |", median(first, field), median(last, field));
    }
}

/// The last line has the form that `scripts/test.sh` counts.
fn verdict(options: &Options, findings: &Findings) {
    let seconds = findings.took.as_secs_f64();
    println!(
        "\nsoak on {}: seed {}, {} calls and {} messages in {seconds:.0} s, {} violations",
        findings.broker, options.seed, findings.calls.made, findings.messages.made, findings.violations
    );
    let (word, passed) = if findings.violations == 0 { ("ok", 1) } else { ("FAILED", 0) };
    println!(
        "test result: {word}. {passed} passed; {} failed; 0 ignored; 0 measured; 0 filtered out; finished in {seconds:.2}s",
        1 - passed
    );
}
