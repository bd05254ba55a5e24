//! Server processes that end in turn, each followed by a new one.

use std::{
    collections::{BTreeMap, VecDeque},
    env, fs,
    path::PathBuf,
    time::Duration,
};

use uuid::Uuid;

use super::{
    checker::{Report, check},
    program::{JOURNAL, now},
};
use crate::support::{Program, within};

/// How a server process ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// By SIGKILL.
    Killed,
    /// By SIGTERM: it drains.
    Terminated,
}

/// The running processes, and what they have written.
pub(super) struct Fleet {
    uri: String,
    journal: PathBuf,
    running: VecDeque<Program>,
    servers: usize,
    /// When each killed process was about to be killed.
    killed: BTreeMap<u32, u128>,
}

impl Fleet {
    pub(super) async fn start(uri: &str, servers: usize) -> Self {
        let journal = env::temp_dir().join(format!("amqp-rpc-locks-{}", Uuid::new_v4()));
        let (running, killed) = (VecDeque::new(), BTreeMap::new());
        let mut fleet = Self { uri: uri.to_owned(), journal, running, servers: 0, killed };
        for _ in 0..servers {
            fleet.add().await;
        }
        fleet
    }

    async fn add(&mut self) {
        let journal = self.journal.to_str().expect("the path is UTF-8");
        let name = "cluster_locks::processes::a_server_of_the_fleet";
        let mut program = Program::running_test_with(name, &self.uri, &[(JOURNAL, journal)]);
        program.line_with("serving").await;
        self.running.push_back(program);
        self.servers += 1;
    }

    /// Ends the process that has run longest, and starts another.
    pub(super) async fn end_next_after(&mut self, pause: Duration, end: End) {
        // The time between two ends is part of the test, and not a wait for something.
        tokio::time::sleep(pause).await;
        let program = self.running.pop_front().expect("some run");
        match end {
            End::Killed => {
                self.killed.insert(program.id(), now());
                program.kill().await;
                self.add().await;
            }
            End::Terminated => {
                // As an orchestrator does: the new one first.
                self.add().await;
                program.signal("TERM").await;
                program.finish().await.stdout_of_success();
            }
        }
    }

    /// Ends all processes in order, and checks what they have written.
    pub(super) async fn finish(mut self) -> Report {
        for program in self.running.drain(..) {
            program.signal("TERM").await;
            within("a server to drain", program.finish()).await.stdout_of_success();
        }
        let journal = fs::read_to_string(&self.journal).expect("the journal can be read");
        let _ = fs::remove_file(&self.journal);
        Report { servers: self.servers, ..check(&journal, &self.killed) }
    }
}
