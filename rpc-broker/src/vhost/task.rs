//! The task of a virtual host: handles one command after the other, and timers.

use tokio::time::{Instant, timeout_at};

use super::{
    Command, VhostState,
    mailbox::Inbox,
    state::{NewSession, Session},
};

impl VhostState {
    /// Runs until [`Command::Stop`], or until all senders are gone.
    pub(crate) async fn run(mut self, mut inbox: Inbox) {
        while let Some(command) = self.next_command(&mut inbox).await {
            self.now = Instant::now();
            if matches!(command, Command::Stop) {
                self.close_all("broker forced connection closure with reason 'shutdown'");
                return self.delete_all_queues();
            }
            self.handle_command(command);
            self.fire_timers();
            self.publish_dead_letters();
            self.send_confirms();
        }
    }

    async fn next_command(&mut self, inbox: &mut Inbox) -> Option<Command> {
        // Dead letters that are routed in a cycle must not block the thread.
        if !self.dead_letters.is_empty() {
            tokio::task::yield_now().await;
            return Some(inbox.try_recv().unwrap_or(Command::Tick));
        }
        match self.timers.next() {
            None => inbox.recv().await,
            Some(at) => timeout_at(at, inbox.recv()).await.unwrap_or(Some(Command::Tick)),
        }
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Open(session) => self.open(*session),
            Command::Requests { from, requests, _permit } => {
                for request in requests {
                    self.handle(from, request);
                }
            }
            Command::Writable(connection) => self.resume_deliveries(connection),
            Command::Disconnected(connection) => self.remove_session(connection),
            Command::Apply(connection, effect) => self.apply_effect(connection, effect),
            Command::Run(operation) => operation(self),
            Command::Tick | Command::Stop => {}
        }
    }

    fn open(&mut self, session: NewSession) {
        self.sessions.insert(session.outgoing.id, Session::new(session));
    }
}
