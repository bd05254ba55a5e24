//! The exit codes, which docs/cli.md lists.

use std::process::ExitCode;

/// How the command ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Ok = 0,
    /// The command line, a file or a body cannot be used; nothing was sent.
    Usage = 1,
    /// No connection to the broker, or it was lost.
    Connect = 2,
    /// No reply in time.
    Timeout = 3,
    /// No queue takes the request, or nothing consumes it.
    Unroutable = 4,
    /// The method returned its own error, or the server a fault.
    Remote = 5,
    /// The body does not obey the contract and was not sent, or the reply cannot be read.
    Invalid = 6,
    /// `docs check`: the new contract breaks old clients, or with `--servers` new ones.
    Incompatible = 7,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
