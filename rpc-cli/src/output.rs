//! Stdout: values, tables and lines, in the form that `-o` names.

use std::io::{self, IsTerminal, Write};

use clap::builder::styling::Style;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::{failure::Failure, form::Form};

/// Where a command writes what it was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    form: Form,
}

/// What a list shows: columns for people, values for programs.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    headers: &'a [&'a str],
    rows: Vec<Vec<String>>,
    values: Vec<Value>,
}

impl<'a> Rows<'a> {
    /// A list with these columns.
    pub(crate) fn new(headers: &'a [&'a str]) -> Self {
        Self { headers, rows: Vec::new(), values: Vec::new() }
    }

    /// Adds a row, and the same as JSON.
    pub(crate) fn push(&mut self, row: Vec<String>, value: Value) {
        self.rows.push(row);
        self.values.push(value);
    }
}

impl Output {
    /// `chosen`: by `-o`. Default: tables on a terminal, else JSON.
    pub(crate) fn new(chosen: Option<Form>) -> Self {
        let default = if io::stdout().is_terminal() { Form::Table } else { Form::Json };
        Self { form: chosen.unwrap_or(default) }
    }

    pub(crate) fn form(self) -> Form {
        self.form
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// When stdout cannot be written; silent when it is a pipe that was closed.
    pub(crate) fn value(self, value: &Value) -> Result<(), Failure> {
        self.line(&self.form.text_of(value))
    }

    /// Writes a list: a table, or an array.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub(crate) fn rows(self, rows: Rows<'_>) -> Result<(), Failure> {
        match self.form {
            Form::Json | Form::Pretty => self.value(&Value::Array(rows.values)),
            Form::Table => self.line(&table(&rows)),
        }
    }

    /// Writes a text and a line end.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        written.map_err(|error| Failure::of_stdout(&error))
    }

    /// Writes bytes as they are, without a line end.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        written.map_err(|error| Failure::of_stdout(&error))
    }
}

/// The table of a list, without frames, so that it can be copied.
fn table(rows: &Rows<'_>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(rows.headers.iter().map(|header| header.to_uppercase()));
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    let text = table.trim_fmt();
    let bold = Style::new().bold();
    match text.split_once('\n') {
        Some((header, rest)) => format!("{bold}{header}{bold:#}\n{rest}"),
        None => format!("{bold}{text}{bold:#}"),
    }
}

/// Without control characters: names and texts come from the broker, and must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_a_header_and_a_line_for_each_row() {
        let mut rows = Rows::new(&["name", "calls"]);
        rows.push(vec!["fib".into(), "12".into()], json!({"name": "fib", "calls": 12}));
        rows.push(vec!["accounts\n\u{1b}[2J".into(), "3".into()], json!({}));
        let text = table(&rows);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].contains("NAME") && lines[0].contains("CALLS"), "{text}");
        assert!(lines[1].trim_start().starts_with("fib ") && lines[1].ends_with("12"), "{text}");
        assert!(!lines[2].contains('\u{1b}'), "{text:?}");
    }
}
