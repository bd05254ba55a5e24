//! What a run prints.

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    ledger::Verdict,
    message_ledger::Word,
    messages::Receiver,
    options::Plan,
    run::Findings,
    violations::Violations,
    vitals::{Vitals, median},
};

/// How much more memory the last third of a run may take than the first, in MiB: allocators keep what a burst needed.
const MORE_MEMORY: f64 = 32.0;
/// Before that a process still warms up, and what it takes says nothing.
const WARM: Duration = Duration::from_secs(120);
/// How many more of lapin's threads: connections that are lost overlap with those that take their place.
const MORE_THREADS: f64 = 3.0;

pub(crate) fn begin(plan: &Plan, broker: &str) {
    println!(
        "soak on {broker} for {:?}: seed {}, {} clients, {} servers, {} calls and messages in flight, at most {} a second",
        plan.duration, plan.seed, plan.clients, plan.servers, plan.in_flight, plan.rate
    );
}

/// Compares the first third of a run with the last.
pub(crate) fn check_vitals(plan: &Plan, vitals: &[Vitals], violations: &Violations) {
    let (first, last) = thirds(vitals);
    if first.is_empty() {
        return;
    }
    let growth = |field: fn(&Vitals) -> f64| median(last, field) - median(first, field);
    let memory = growth(|vitals| vitals.resident_mib);
    if plan.duration >= WARM && memory > MORE_MEMORY {
        violations.add(&format!("the process has grown by {memory:.0} MiB"));
    }
    let threads = growth(|vitals| vitals.io_threads as f64);
    if threads > MORE_THREADS {
        violations.add(&format!("there are {threads:.0} more threads of connections"));
    }
}

fn thirds(vitals: &[Vitals]) -> (&[Vitals], &[Vitals]) {
    let third = vitals.len() / 3;
    (&vitals[..third], &vitals[vitals.len() - third..])
}

pub(crate) fn print(plan: &Plan, findings: &Findings) {
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
    verdict(plan, findings);
}

fn outcomes(title: &str, rows: Vec<(String, u64, String)>) {
    println!("\n| {title} | times | of which |\n|---|---|---|");
    for (outcome, count, kinds) in rows {
        println!("| {outcome} | {count} | {kinds} |");
    }
}

fn messages(findings: &Findings) {
    let account = &findings.messages;
    println!("\n| what the sender knows | notifications | events |\n|---|---|---|");
    for (word, (notifications, events)) in Word::ALL.iter().zip(account.words) {
        let text = match word {
            Word::Confirmed => "the broker has it",
            Word::Never => "nobody took it, and nobody ever will",
            Word::Unknown => "unknown",
            Word::Dropped => "dropped by its sender",
        };
        println!("| {text} | {notifications} | {events} |");
    }
    println!("\n| receiver | confirmed for it | received | more than once |\n|---|---|---|---|");
    for (receiver, (confirmed, received, again)) in Receiver::ALL.iter().zip(account.received) {
        let text = match receiver {
            Receiver::Post => "servers with a classic queue",
            Receiver::Archive => "servers with a quorum queue",
            Receiver::Audit => "a group with a classic queue",
            Receiver::Europe => "a group with a quorum queue, some topics",
            Receiver::Screen => "a listener, for which nothing is kept",
        };
        println!("| {text} | {confirmed} | {received} | {again} |");
    }
    println!(
        "\n{} messages; {} executions of redelivered ones, {} because a client sent again, at most, {} of messages that the broker had delivered \
         before and did not say so; {} executions of made-up ones; {} that run at most once were dead letters in place of having run",
        account.made,
        account.redelivered,
        account.repeated_by_client,
        account.unmarked,
        account.strangers,
        account.buried
    );
}

fn calls(findings: &Findings) {
    let account = &findings.account;
    println!("\n| what the caller knows | calls | started at least once |\n|---|---|---|");
    for (verdict, (calls, started)) in Verdict::ALL.iter().zip(account.verdicts) {
        let text = match verdict {
            Verdict::Answered => "answered with its own result",
            Verdict::MethodError => "answered with its method's own error",
            Verdict::Undecodable => "it ran, and its reply cannot be read",
            Verdict::Never => "it never ran, and never will",
            Verdict::Refused => "the same, as a server says",
            Verdict::Unknown => "unknown",
            Verdict::Dropped => "dropped by its caller",
        };
        println!("| {text} | {calls} | {started} |");
    }
    let accounted: u64 = account.verdicts.iter().map(|(calls, _)| calls).sum();
    println!("| **all** | {accounted} of {} | |", account.made);
    println!(
        "\n{} executions, {} of them of redelivered requests; {} calls ran more than once, {} times because their client sent them again; \
         {} executions of made-up requests",
        account.executions,
        account.redelivered,
        account.repeated,
        account.repeated_by_client,
        account.strangers
    );
    println!(
        "{} second executions or refusals of requests that the broker had delivered before and did not say so; for {:.0} s, of all queues together, it \
         may have forgotten what it had delivered",
        account.unmarked,
        findings.doubtful.as_secs_f64()
    );
    println!(
        "{} executions began after their caller's deadline, the latest {} ms after it; no call ended later than {} ms after its timeout",
        account.late,
        account.latest.as_millis(),
        findings.overrun.as_millis()
    );
}

fn peers(findings: &Findings) {
    let lives = &findings.lives;
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "\nservers: {} started, {} killed, {} shut down ({} of them interrupted, {} calls abandoned), {} failed, {} attempts to start were in vain",
        read(&lives.started),
        read(&lives.killed),
        read(&lives.shut_down),
        read(&lives.interrupted),
        read(&lives.abandoned),
        read(&lives.failed),
        read(&lives.not_started)
    );
    let sum = |field: fn(&amqp_rpc::ClientStats) -> u64| findings.clients.iter().map(field).sum::<u64>();
    println!(
        "clients: {} calls sent again, {} late or double replies, {} unknown and {} hostile ones",
        sum(|stats| stats.resent),
        sum(|stats| stats.late_replies),
        sum(|stats| stats.unknown_replies),
        sum(|stats| stats.hostile_replies)
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
    let (first, last) = thirds(&findings.vitals);
    if first.is_empty() {
        return;
    }
    println!("\n| median of | first third | last third |\n|---|---|---|");
    type Field = fn(&Vitals) -> f64;
    let fields: [(&str, Field); 4] = [
        ("resident memory, MiB", |vitals| vitals.resident_mib),
        ("threads", |vitals| vitals.threads as f64),
        ("threads of connections", |vitals| vitals.io_threads as f64),
        ("open files", |vitals| vitals.open_files as f64),
    ];
    for (name, field) in fields {
        println!("| {name} | {:.0} | {:.0} |", median(first, field), median(last, field));
    }
}

/// The last line is one that `scripts/test.sh` counts.
fn verdict(plan: &Plan, findings: &Findings) {
    let seconds = findings.took.as_secs_f64();
    println!(
        "\nsoak on {}: seed {}, {} calls and {} messages in {seconds:.0} s, {} violations",
        findings.broker, plan.seed, findings.account.made, findings.messages.made, findings.violations
    );
    let (word, passed) = if findings.violations == 0 { ("ok", 1) } else { ("FAILED", 0) };
    println!(
        "test result: {word}. {passed} passed; {} failed; 0 ignored; 0 measured; 0 filtered out; finished in {seconds:.2}s",
        1 - passed
    );
}
