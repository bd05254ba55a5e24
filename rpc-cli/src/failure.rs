//! Why a command failed, and what to do about it.

use std::{
    fmt,
    io::{self, Write},
};

use clap::builder::styling::{AnsiColor, Style};
use serde_json::Value;

use crate::{exit::Exit, form::Form};

/// The error of a command: an exit code, a text, advice, and the JSON of a remote error.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    advice: Vec<String>,
    /// The error that the method returned.
    value: Option<Value>,
    is_silent: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), advice: Vec::new(), value: None, is_silent: false }
    }

    /// The command line, a file or a body cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self { is_silent: true, ..Self::new(Exit::Interrupted, "interrupted") }
    }

    /// It was reported already: only the exit code is left.
    pub(crate) fn reported(exit: Exit) -> Self {
        Self { is_silent: true, ..Self::new(exit, "") }
    }

    /// Writing to stdout failed. A reader that has enough, such as `head`, is no error.
    pub(crate) fn of_stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::reported(Exit::Ok);
        }
        Self::usage(format!("writing to stdout: {error}"))
    }

    /// Adds a line that says what to do.
    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// Adds the JSON of the error that the method returned.
    pub(crate) fn with_value(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    /// Prints it on stderr: `error:` and the text, the JSON of a remote error, and a `hint:` for each advice.
    pub(crate) fn print(&self, form: Form) {
        if self.is_silent {
            return;
        }
        // Nothing can be done where stderr is closed.
        let _ = self.write(form);
    }

    fn write(&self, form: Form) -> io::Result<()> {
        let [red, cyan] = [AnsiColor::Red, AnsiColor::Cyan].map(|color| color.on_default().bold());
        let mut stderr = anstream::stderr();
        writeln!(stderr, "{} {}", label("error:", red), self.message)?;
        if let Some(value) = &self.value {
            writeln!(stderr, "{}", form.text_of(value))?;
        }
        for advice in &self.advice {
            writeln!(stderr, "{} {advice}", label("hint:", cyan))?;
        }
        Ok(())
    }
}

fn label(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// The text without advice, on one line.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// An error with its sources, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors have the text of their source in their own.
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}
