//! Tests that the broker of this run cannot serve: they are left out, and the output says why.

use std::{
    env,
    io::{Write, stderr},
    thread,
};

/// What a test may need and not every broker or administrator has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// RabbitMQ, administered by `erl_call`.
    ErlCall,
    /// RabbitMQ, whose nodes the test starts, configures and kills.
    PrivateNodes,
}

impl Need {
    fn reason_and_variable(self) -> (&'static str, &'static str) {
        match self {
            Self::ErlCall => ("the broker is not administered by erl_call", "AMQP_RPC_TEST_ERL_CALL"),
            Self::PrivateNodes => {
                ("the broker is not one whose nodes can be started", "AMQP_RPC_TEST_BROKER_DIR")
            }
        }
    }
}

/// Whether the running test has to return at once, because the broker is a foreign one that lacks what it
/// needs. Without any broker such a test fails instead: it was asked for by name.
pub(crate) fn is_left_out_without(need: Need) -> bool {
    let (reason, variable) = need.reason_and_variable();
    let is_missing = env::var_os("AMQP_RPC_TEST_ADMIN").is_some() && env::var_os(variable).is_none();
    if is_missing {
        leave_out(reason);
    }
    is_missing
}

/// Says that the running test is left out, which the test harness itself counts as passed. `scripts/test.sh`
/// counts these lines. They are not captured as those of `println!` are.
pub(crate) fn leave_out(reason: &str) {
    let test = thread::current();
    let line = format!("test {} ... skipped, {reason}\n", test.name().unwrap_or("main"));
    let _ = stderr().write_all(line.as_bytes());
}
