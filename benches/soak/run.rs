//! One run from its start to its verdict. Over 300 lines because what is looked at in the end belongs to who was started.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use amqp_rpc::{Client, ClientStats, ConnectOptions, ReplyTo};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use crate::{
    Failure,
    callers::{Caller, Desk, has_direct_replies},
    chaos::{Chaos, Tally, Target},
    dead_letters,
    dice::Dice,
    forgetting::{Forgetting, Queue},
    history::History,
    journal::Journal,
    kinds::Kind,
    ledger::{Account, Ledger},
    message_ledger::{Circumstances, MessageAccount, MessageLedger},
    messages::{MessageKind, Receiver},
    options::Plan,
    outcomes::Outcomes,
    recovery::Recoveries,
    report,
    senders::Sender,
    servers::{Lives, Servers},
    service::WANTED_PANIC,
    vitals::Vitals,
};

/// How long everything together may take after the last disturbance. Then the run itself hangs.
const AFTERMATH: Duration = Duration::from_secs(120);
/// How long requests and messages may still be in their queues, and threads and sockets there, when nobody calls any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is known at the end of a run.
pub(crate) struct Findings {
    pub(crate) broker: &'static str,
    pub(crate) took: Duration,
    pub(crate) account: Account,
    pub(crate) outcomes: Outcomes<Kind>,
    pub(crate) messages: MessageAccount,
    pub(crate) message_outcomes: Outcomes<MessageKind>,
    /// How long the broker may have forgotten what it had delivered: of all queues together.
    pub(crate) doubtful: Duration,
    pub(crate) recoveries: Vec<Duration>,
    pub(crate) overrun: Duration,
    pub(crate) chaos: Tally,
    pub(crate) lives: Arc<Lives>,
    pub(crate) clients: Vec<ClientStats>,
    pub(crate) bad_messages: u64,
    pub(crate) dead_letters: u64,
    pub(crate) vitals: Vec<Vitals>,
    pub(crate) violations: usize,
}

/// Returns whether all was as it should be.
pub(crate) fn soak(plan: &Plan) -> Result<bool, Failure> {
    let standard = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&WANTED_PANIC) {
            standard(panic);
        }
    }));
    let bound = plan.duration + AFTERMATH;
    std::thread::spawn(move || {
        std::thread::sleep(bound);
        println!("VIOLATION: the run hangs, {AFTERMATH:?} after its last disturbance");
        std::process::exit(1);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let findings = runtime.block_on(run(plan))?;
    report::print(plan, &findings);
    Ok(findings.violations == 0)
}

async fn run(plan: &Plan) -> Result<Findings, Failure> {
    let mut scene = Scene::set(plan).await?;
    let played = scene.play(plan).await?;
    scene.clear(plan, played).await
}

/// Everybody who takes part.
struct Scene {
    began: Instant,
    dice: Dice,
    target: Target,
    servers: Servers,
    clients: Vec<Client>,
    desk: Arc<Desk>,
    watchers: JoinSet<()>,
}

/// What was done while calls were made.
struct Played {
    chaos: Tally,
    bad_messages: u64,
    vitals: Vec<Vitals>,
}

impl Scene {
    async fn set(plan: &Plan) -> Result<Self, Failure> {
        let began = Instant::now();
        let forgetting = Forgetting::new(plan.rabbitmq.is_some());
        let journal = Arc::new(Journal::new(History::new(plan.trace), forgetting));
        let ledger = Arc::new(Ledger::with_room_for(plan.most_calls(), Arc::clone(&journal)));
        let messages = Arc::new(MessageLedger::with_room_for(plan.most_calls(), journal));
        let target = Target::of(plan).await?;
        report::begin(plan, target.name());
        let servers = Servers::start(plan.servers, &target.uri(), &ledger, &messages).await?;
        let clients = connect(plan, &target.uri()).await?;
        let desk = Arc::new(Desk {
            ledger,
            outcomes: Outcomes::default(),
            messages,
            message_outcomes: Outcomes::default(),
            recoveries: Recoveries::of(plan.clients),
            overrun_micros: AtomicU64::new(0),
        });
        let mut watchers = JoinSet::new();
        for (number, client) in clients.iter().cloned().enumerate() {
            let desk = Arc::clone(&desk);
            watchers.spawn(async move { desk.recoveries.watch(number, client, &desk.ledger.journal).await });
        }
        Ok(Self { began, dice: Dice::of(plan.seed), target, servers, clients, desk, watchers })
    }

    /// Calls and disturbs until the time is over and every call has ended.
    async fn play(&mut self, plan: &Plan) -> Result<Played, Failure> {
        let end = Instant::now() + plan.duration;
        let mut callers = JoinSet::new();
        let pause = Duration::from_secs(1).mul_f64(plan.in_flight as f64 / plan.rate as f64);
        for caller in 0..plan.in_flight {
            let number = caller % self.clients.len();
            let client = self.clients[number].clone();
            let caller = Caller::new(Arc::clone(&self.desk), number, client, self.dice.split());
            callers.spawn(caller.run(end, pause));
        }
        let sampling = tokio::spawn(sample(end));
        let (chaos, bad_messages) = if plan.calm {
            tokio::time::sleep_until(end).await;
            (Tally::new(), 0)
        } else {
            let dice = self.dice.split();
            Chaos::of(&mut self.target, &self.servers, &self.desk.ledger.journal, dice).run(end).await
        };
        // Each call is bounded by its timeout.
        while let Some(ended) = callers.join_next().await {
            ended?;
        }
        Ok(Played { chaos, bad_messages, vitals: sampling.await? })
    }

    /// Ends everything in order, and looks whether anything is left.
    async fn clear(mut self, plan: &Plan, played: Played) -> Result<Findings, Failure> {
        let desk = self.desk;
        let (ledger, journal) = (&desk.ledger, &*desk.ledger.journal);
        if let Some(client) = self.clients.first() {
            expect_the_listener_to_hear(Sender::new(Arc::clone(&desk), client.clone(), self.dice.split()))
                .await;
        }
        for queue in Queue::ALL {
            expect_empty(&self.target, queue, journal).await;
        }
        let dead_letters = count_dead_requests(&self.target, ledger, played.bad_messages).await;
        let letters_are_missing = bury(&self.target.uri(), &desk.messages).await?;
        let stats: Vec<ClientStats> = self.clients.iter().map(Client::stats).collect();
        for (number, client) in self.clients.drain(..).enumerate() {
            check_client(number, &client, journal);
            client.close().await;
        }
        while self.watchers.join_next().await.is_some() {}
        let lives = Arc::clone(&self.servers.lives);
        self.servers.finish().await;
        expect_no_threads(journal).await;
        let broker = self.target.name();
        self.target.finish().await;

        let account = ledger.close();
        let resent: u64 = stats.iter().map(|stats| stats.resent).sum();
        let circumstances = Circumstances { is_calm: plan.calm, letters_are_missing };
        let messages = desk.messages.close(circumstances);
        let repeated = account.repeated_by_client + messages.repeated_by_client;
        if repeated > resent {
            journal.violations.add(&format!(
                "{repeated} calls and messages were repeated without a redelivery, and clients sent {resent} again"
            ));
        }
        let redelivered = account.redelivered + messages.redelivered;
        if plan.calm && redelivered > 0 {
            journal.violations.add(&format!("{redelivered} redeliveries, though nothing was broken"));
        }
        let doubtful = Duration::from_millis(journal.forgetting.doubtful_millis(journal.millis()));
        if !plan.calm {
            report::check_vitals(plan, &played.vitals, &journal.violations);
        }
        let violations = journal.violations.count();
        let desk = Arc::into_inner(desk).ok_or("a caller is still there")?;
        Ok(Findings {
            broker,
            took: self.began.elapsed(),
            account,
            outcomes: desk.outcomes,
            messages,
            message_outcomes: desk.message_outcomes,
            doubtful,
            recoveries: desk.recoveries.sorted(),
            overrun: Duration::from_micros(desk.overrun_micros.into_inner()),
            chaos: played.chaos,
            lives,
            clients: stats,
            bad_messages: played.bad_messages,
            dead_letters,
            vitals: played.vitals,
            violations,
        })
    }
}

async fn connect(plan: &Plan, uri: &str) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::new();
    for number in 0..plan.clients {
        let reply_to = if has_direct_replies(number) { ReplyTo::Direct } else { ReplyTo::ExclusiveQueue };
        let builder = Client::builder().reply_to(reply_to);
        // The last one is patient with a broker that takes no messages.
        let builder = if number + 1 == plan.clients { builder.wait_while_blocked() } else { builder };
        let options = ConnectOptions::new(uri).name(format!("client-{number}"));
        clients.push(builder.connect(options).await?);
    }
    Ok(clients)
}

async fn sample(end: Instant) -> Vec<Vitals> {
    let mut samples = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(250));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while Instant::now() < end {
        ticks.tick().await;
        samples.extend(Vitals::of_now());
    }
    samples
}

/// Publishes until the listener hears something: nothing is kept for it, and it may still be on its way to another connection.
async fn expect_the_listener_to_hear(mut sender: Sender) {
    let messages = Arc::clone(sender.messages());
    let deadline = Instant::now() + PATIENCE;
    let mut probes = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    while !probes.iter().any(|probe| messages.was_received(Receiver::Screen, *probe)) {
        if Instant::now() > deadline {
            return messages
                .journal
                .violations
                .add(&format!("the listener has heard nothing for {PATIENCE:?}"));
        }
        let Some(probe) = sender.probe().await else { return };
        probes.push(probe);
        ticks.tick().await;
    }
}

/// All that was in the queue is settled.
async fn expect_empty(target: &Target, queue: Queue, journal: &Journal) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let depth = target.depth(queue.name()).await;
        if depth.is_some_and(|depth| depth.ready + depth.unacked == 0) {
            return;
        }
        if Instant::now() > deadline {
            let queue = queue.name();
            return journal.violations.add(&format!("queue {queue} is not empty at the end: {depth:?}"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// None but bad requests are dead. Returns how many those are.
async fn count_dead_requests(target: &Target, ledger: &Ledger, bad_messages: u64) -> u64 {
    let mut dead_letters = 0;
    for queue in [Queue::Work, Queue::Vault] {
        let dead = format!("{}.dead", queue.name());
        dead_letters += target.depth(&dead).await.unwrap_or_default().ready;
        for body in target.peek(&dead).await {
            if let Some(key) = key_in(&body).filter(|key| ledger.knows(*key)) {
                ledger.violate(
                    key,
                    "its request is among the dead letters, and it has an address for its reply",
                );
            }
        }
    }
    if dead_letters > bad_messages {
        let claim = format!("{dead_letters} dead letters after {bad_messages} bad messages");
        ledger.journal.violations.add(&claim);
    }
    dead_letters
}

/// Takes the dead letters of those who receive messages. Returns whether some are missing, for there were too many.
async fn bury(uri: &str, messages: &MessageLedger) -> Result<bool, Failure> {
    const RECEIVERS: [(Receiver, &str); 4] = [
        (Receiver::Post, "post.dead"),
        (Receiver::Archive, "archive.dead"),
        (Receiver::Audit, "news.events.audit.dead"),
        (Receiver::Europe, "news.events.europe.dead"),
    ];
    let dead = dead_letters::take(uri, RECEIVERS.map(|(_, queue)| queue)).await?;
    let are_missing = dead.iter().any(|letters| letters.len() >= dead_letters::MOST);
    for ((receiver, _), letters) in RECEIVERS.into_iter().zip(dead) {
        letters.iter().filter_map(|body| key_in(body)).for_each(|key| messages.bury(receiver, key));
    }
    Ok(are_missing)
}

/// Whose request or message this is, if it is one.
fn key_in(body: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(body).ok()?.get("key")?.as_u64()
}

fn check_client(number: usize, client: &Client, journal: &Journal) {
    let in_flight = client.stats().in_flight;
    if in_flight > 0 {
        journal
            .violations
            .add(&format!("client {number} still has {in_flight} calls, and none waits for them"));
    }
}

async fn expect_no_threads(journal: &Journal) {
    let deadline = Instant::now() + PATIENCE;
    while let Some(vitals) = Vitals::of_now().filter(|vitals| vitals.io_threads > 0) {
        if Instant::now() > deadline {
            journal.violations.add(&format!("{} threads of closed connections are left", vitals.io_threads));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
