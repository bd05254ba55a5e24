//! A virtual host: one task owns all its exchanges, queues, channels and consumers, so that everything happens in one order and
//! nothing is locked. Requests of connections and of the broker's handle come through its mailbox.

mod admin;
mod bindings;
mod channels;
mod confirms;
mod consume;
mod dead_letters;
mod deliver;
mod direct_reply;
mod dispatch;
mod exchanges;
mod faults;
mod mailbox;
mod names;
mod permissions;
mod publish;
mod queues;
mod restart;
mod session;
mod settle;
mod teardown;
mod timers;
mod withholding;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use amq_protocol::types::ShortString;
use tokio::time::{Instant, timeout_at};

pub use admin::QueueInfo;
pub(crate) use mailbox::{Command, Inbox, Mailbox, NewSession};
pub(crate) use timers::Timers;
pub use withholding::Release;

use crate::{
    exchange::Exchange,
    ids::{ChannelRef, ConnectionId, QueueId},
    queue::Queue,
    shared::Shared,
    vhost::{dead_letters::DeadLetter, session::Session, withholding::Withholding},
};

/// The state of one virtual host.
pub(crate) struct Vhost {
    name: Arc<str>,
    shared: Arc<Shared>,
    sessions: HashMap<ConnectionId, Session>,
    exchanges: HashMap<ShortString, Exchange>,
    queues: HashMap<QueueId, Queue>,
    queue_names: HashMap<ShortString, QueueId>,
    last_queue: u64,
    /// Who gets direct replies, by the end of the address.
    reply_addresses: HashMap<String, ChannelRef>,
    /// Left queues and not arrived yet where their queue sends dead letters.
    dead_letters: VecDeque<DeadLetter>,
    /// Channels with outcomes of publishes to tell.
    confirming: Vec<ChannelRef>,
    withholding: Withholding,
    timers: Timers,
    now: Instant,
}

impl Vhost {
    pub(crate) fn new(name: &str, shared: Arc<Shared>) -> Self {
        Self {
            name: name.into(),
            shared,
            sessions: HashMap::new(),
            exchanges: exchanges::predeclared(),
            queues: HashMap::new(),
            queue_names: HashMap::new(),
            last_queue: 0,
            reply_addresses: HashMap::new(),
            dead_letters: VecDeque::new(),
            confirming: Vec::new(),
            withholding: Withholding::default(),
            timers: Timers::default(),
            now: Instant::now(),
        }
    }

    /// Runs until it is stopped or nobody can reach it any more.
    pub(crate) async fn run(mut self, mut inbox: Inbox) {
        loop {
            let command = match self.timers.next() {
                // Dead letters that go in circles must not keep the thread from anybody else.
                _ if !self.dead_letters.is_empty() => {
                    tokio::task::yield_now().await;
                    Some(inbox.try_recv().unwrap_or(Command::Tick))
                }
                None => inbox.recv().await,
                Some(at) => match timeout_at(at, inbox.recv()).await {
                    Ok(command) => command,
                    Err(_) => Some(Command::Tick),
                },
            };
            let Some(command) = command else { return };
            self.now = Instant::now();
            match command {
                Command::Open(session) => self.open(*session),
                Command::Input { from, requests, _turn } => {
                    for request in requests {
                        self.handle(from, request);
                    }
                }
                Command::Writable(connection) => self.resume(connection),
                Command::Gone(connection) => self.forget(connection),
                Command::Do(operation) => operation(&mut self),
                Command::Tick => {}
                Command::Stop => {
                    self.close_all("broker forced connection closure with reason 'shutdown'");
                    return self.delete_all_queues();
                }
            }
            self.fire_timers();
            self.publish_dead_letters();
            self.send_confirms();
        }
    }

    fn open(&mut self, session: NewSession) {
        self.sessions.insert(session.link.id, Session::new(session));
    }
}
