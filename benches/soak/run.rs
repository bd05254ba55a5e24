//! One run: starts everything, applies the load, ends everything, and collects the findings.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use amqp_rpc::{
    Client, ConnectOptions,
    client::{ClientStats, ReplyTo},
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use crate::{
    Failure,
    chaos::{Chaos, Tally, Target},
    clients::{Caller, OutcomeCounts, Publisher, Records, Recoveries, coalesces, has_direct_replies},
    final_checks,
    findings::Findings,
    ledgers::{
        calls::{CallLedger, CallTotals},
        history::History,
        journal::Journal,
        messages::{Circumstances, MessageLedger, MessageTotals},
        queue::Queue,
        unmarked_redeliveries::UnmarkedRedeliveries,
    },
    options::Options,
    process_sample::ProcessSample,
    random::Rng,
    report,
    servers::{EXPECTED_PANIC, Servers},
};

/// The time limit of everything after the last disturbance.
const AFTERMATH: Duration = Duration::from_secs(120);

/// Returns whether there was no violation.
pub(crate) fn soak(options: &Options) -> Result<bool, Failure> {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&EXPECTED_PANIC) {
            standard(panic);
        }
    }));
    let limit = options.duration + AFTERMATH;
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        println!("VIOLATION: the run hangs, {AFTERMATH:?} after its last disturbance");
        std::process::exit(1);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let findings = runtime.block_on(run(options))?;
    report::print(options, &findings);
    Ok(findings.violations == 0)
}

async fn run(options: &Options) -> Result<Findings, Failure> {
    let mut run = Run::start(options).await?;
    let load = run.apply_load(options).await?;
    run.finish(options, load).await
}

/// The broker with its servers and clients.
struct Run {
    began: Instant,
    rng: Rng,
    target: Target,
    servers: Servers,
    clients: Vec<Client>,
    records: Arc<Records>,
    watchers: JoinSet<()>,
}

/// What was done while calls were made.
struct LoadResult {
    chaos: Tally,
    bad_messages: u64,
    samples: Vec<ProcessSample>,
}

impl Run {
    async fn start(options: &Options) -> Result<Self, Failure> {
        let began = Instant::now();
        let unmarked_redeliveries = UnmarkedRedeliveries::new(options.rabbitmq.is_some());
        let journal = Arc::new(Journal::new(History::new(options.trace), unmarked_redeliveries));
        let ledger = Arc::new(CallLedger::with_capacity(options.most_calls(), Arc::clone(&journal)));
        let messages = Arc::new(MessageLedger::with_capacity(options.most_calls(), journal));
        let target = Target::of(options).await?;
        report::begin(options, target.name());
        let servers = Servers::start(options.servers, &target.uri(), &ledger, &messages).await?;
        let clients = connect(options, &target.uri()).await?;
        let records = Arc::new(Records {
            ledger,
            outcomes: OutcomeCounts::default(),
            messages,
            message_outcomes: OutcomeCounts::default(),
            recoveries: Recoveries::of(options.clients),
            overrun_micros: AtomicU64::new(0),
        });
        let mut watchers = JoinSet::new();
        for (number, client) in clients.iter().cloned().enumerate() {
            let records = Arc::clone(&records);
            watchers.spawn(
                async move { records.recoveries.watch(number, client, &records.ledger.journal).await },
            );
        }
        Ok(Self { began, rng: Rng::of(options.seed), target, servers, clients, records, watchers })
    }

    /// Calls and disturbs until the time is over and every call has ended.
    async fn apply_load(&mut self, options: &Options) -> Result<LoadResult, Failure> {
        let end = Instant::now() + options.duration;
        let mut callers = JoinSet::new();
        let pause = Duration::from_secs(1).mul_f64(options.in_flight as f64 / options.rate as f64);
        for caller in 0..options.in_flight {
            let number = caller % self.clients.len();
            let client = self.clients[number].clone();
            let caller = Caller::new(Arc::clone(&self.records), number, client, self.rng.split());
            callers.spawn(caller.run(end, pause));
        }
        let sampling = tokio::spawn(sample(end));
        let (chaos, bad_messages) = if options.calm {
            tokio::time::sleep_until(end).await;
            (Tally::new(), 0)
        } else {
            let rng = self.rng.split();
            Chaos::of(&mut self.target, &self.servers, &self.records.ledger.journal, rng).run(end).await
        };
        // Each call is limited by its timeout.
        while let Some(ended) = callers.join_next().await {
            ended?;
        }
        Ok(LoadResult { chaos, bad_messages, samples: sampling.await? })
    }

    /// Ends everything in order, and checks that nothing is left.
    async fn finish(mut self, options: &Options, load: LoadResult) -> Result<Findings, Failure> {
        let records = Arc::clone(&self.records);
        let (ledger, journal) = (&records.ledger, &*records.ledger.journal);
        if let Some(client) = self.clients.first() {
            let publisher = Publisher::new(Arc::clone(&records), client.clone(), self.rng.split());
            final_checks::expect_the_listener_to_receive(publisher).await;
        }
        for queue in Queue::ALL {
            final_checks::expect_empty(&self.target, queue, journal).await;
        }
        let dead_letters = final_checks::count_dead_requests(&self.target, ledger, load.bad_messages).await;
        let dead_letters_are_missing =
            final_checks::record_dead_letters(&self.target.uri(), &records.messages).await?;
        let clients = self.close_clients().await;
        let server_counts = Arc::clone(&self.servers.server_counts);
        self.servers.finish().await;
        final_checks::expect_no_threads(journal).await;
        let broker = self.target.name();
        self.target.finish().await;

        let calls = ledger.close();
        let circumstances = Circumstances { is_calm: options.calm, dead_letters_are_missing };
        let messages = records.messages.close(circumstances);
        check_repetitions(options, &calls, &messages, &clients, journal);
        let doubtful = Duration::from_millis(journal.unmarked_redeliveries.doubtful_millis(journal.millis()));
        if !options.calm {
            report::check_samples(options, &load.samples, &journal.violations);
        }
        let violations = journal.violations.count();
        drop(self.records);
        let records = Arc::into_inner(records).ok_or("a caller is still there")?;
        Ok(Findings {
            broker,
            took: self.began.elapsed(),
            calls,
            outcomes: records.outcomes,
            messages,
            message_outcomes: records.message_outcomes,
            doubtful,
            recoveries: records.recoveries.sorted(),
            overrun: Duration::from_micros(records.overrun_micros.into_inner()),
            chaos: load.chaos,
            server_counts,
            clients,
            bad_messages: load.bad_messages,
            dead_letters,
            samples: load.samples,
            violations,
        })
    }

    /// Returns what the clients have counted.
    async fn close_clients(&mut self) -> Vec<ClientStats> {
        let stats = self.clients.iter().map(Client::stats).collect();
        for (number, client) in self.clients.drain(..).enumerate() {
            final_checks::check_client(number, &client, &self.records.ledger.journal);
            client.close().await;
        }
        while self.watchers.join_next().await.is_some() {}
        stats
    }
}

/// Repetitions without a redelivery are those that clients sent again; in a calm run nothing is redelivered.
fn check_repetitions(
    options: &Options,
    calls: &CallTotals,
    messages: &MessageTotals,
    clients: &[ClientStats],
    journal: &Journal,
) {
    let resent: u64 = clients.iter().map(|stats| stats.resent).sum();
    let repeated = calls.repeated_by_client + messages.repeated_by_client;
    if repeated > resent {
        journal.violations.add(&format!(
            "{repeated} calls and messages were repeated without a redelivery, and clients sent {resent} again"
        ));
    }
    let redelivered = calls.redelivered + messages.redelivered;
    if options.calm && redelivered > 0 {
        journal.violations.add(&format!("{redelivered} redeliveries, though nothing was broken"));
    }
}

async fn connect(options: &Options, uri: &str) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::new();
    for number in 0..options.clients {
        let reply_to = if has_direct_replies(number) { ReplyTo::Direct } else { ReplyTo::ExclusiveQueue };
        let builder = Client::builder().reply_to(reply_to);
        let builder = if coalesces(number) { builder.coalesce(8) } else { builder };
        // The last one waits for a broker that blocks publishers.
        let builder = if number + 1 == options.clients { builder.wait_while_blocked() } else { builder };
        let options = ConnectOptions::new(uri).name(format!("client-{number}"));
        clients.push(builder.connect(options).await?);
    }
    Ok(clients)
}

async fn sample(end: Instant) -> Vec<ProcessSample> {
    let mut samples = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while Instant::now() < end {
        ticks.tick().await;
        samples.extend(ProcessSample::of_now());
    }
    samples
}
