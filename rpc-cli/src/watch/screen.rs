//! Where snapshots are shown: over each other on a terminal, else below each other.

use std::io::{self, IsTerminal};

use super::{snapshot::Snapshot, table};
use crate::{failure::Failure, form::Form, output::Output};

#[derive(Debug)]
pub(super) struct Screen {
    output: Output,
    is_live: bool,
}

impl Screen {
    pub(super) fn new(output: Output, is_single: bool) -> Self {
        let is_live = !is_single && output.form() == Form::Table && io::stdout().is_terminal();
        Self { output, is_live }
    }

    /// Shows a snapshot: a table, or its rows as one JSON array, which is one line unless `-o pretty` was said.
    pub(super) fn show(&mut self, snapshot: &Snapshot) -> Result<(), Failure> {
        let text = match self.output.form() {
            Form::Table => table::text(&snapshot.rows),
            form => form.text_of(&snapshot.json()),
        };
        if self.is_live {
            // To the corner, and clear all of the screen below.
            return self.output.line(&format!("\u{1b}[H\u{1b}[J{text}"));
        }
        self.output.line(&text)
    }
}
