//! Which dead letters.

use std::collections::BTreeSet;

use clap::Args;

use super::letter::Letter;
use crate::failure::Failure;

/// Which dead letters: by their ids, or all of them.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Select {
    /// Those with this id, as `dead list` shows it. May be given several times.
    #[arg(long = "id", value_name = "ID", conflicts_with = "all")]
    ids: Vec<String>,
    /// All that are there now.
    #[arg(long)]
    all: bool,
}

impl Select {
    pub(super) fn has(&self, letter: Letter<'_>) -> bool {
        self.all || self.ids.contains(&letter.id())
    }

    /// What it names, for a question.
    pub(super) fn text(&self, waiting: u32) -> String {
        match self.ids.as_slice() {
            [] => format!("all {waiting} dead letters"),
            ids => format!("the dead letters with the ids {}", ids.join(", ")),
        }
    }

    /// # Errors
    /// When an id was not found.
    pub(super) fn check_found(&self, found: &BTreeSet<String>, queue: &str) -> Result<(), Failure> {
        let missing: Vec<&str> =
            self.ids.iter().filter(|id| !found.contains(*id)).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!("{queue} has no dead letter with the id {}", missing.join(", ")))
            .advice("`amqp-rpc dead list` shows the ids that there are"))
    }
}
