//! The command line that all peers have, and what they print: as `../../python/program.py` and `contract.py` do.
//!
//! ```text
//! AMQP_URL=amqp://... NAME serve SERVICE
//! AMQP_URL=amqp://... NAME call SERVICE METHOD JSON-ARGUMENTS [--timeout SECONDS]
//! ```

pub mod contract;

use std::{env, error::Error, process, thread, time::Duration};

use serde_json::{Value, json};

/// Why a peer ends.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A peer ends by itself, whatever its framework waits for.
const LIFE: Duration = Duration::from_secs(120);

/// What a peer is to do.
#[derive(Debug)]
pub enum Command {
    /// Serve the contract under this name.
    Serve(String),
    /// Make a call.
    Call(Call),
}

/// A call, and how long to wait for its reply.
#[derive(Debug)]
pub struct Call {
    pub service: String,
    pub method: String,
    pub arguments: Value,
    pub timeout: Duration,
}

impl Call {
    /// `{service}.{method}`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.service, self.method)
    }
}

/// Reads the command line, and ends the process after two minutes.
///
/// # Errors
/// When it is none of the two.
pub fn command() -> Result<Command, Failure> {
    thread::spawn(|| {
        thread::sleep(LIFE);
        process::abort();
    });
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", service] => Ok(Command::Serve((*service).to_owned())),
        ["call", service, method, arguments, timeout @ ..] => Ok(Command::Call(Call {
            service: (*service).to_owned(),
            method: (*method).to_owned(),
            arguments: serde_json::from_str(arguments)?,
            timeout: match timeout {
                [] => Duration::from_secs(10),
                ["--timeout", seconds] => Duration::from_secs_f64(seconds.parse()?),
                _ => return Err(format!("unknown options: {timeout:?}").into()),
            },
        })),
        _ => {
            Err(format!("neither `serve SERVICE` nor `call SERVICE METHOD ARGUMENTS`: {arguments:?}").into())
        }
    }
}

/// The broker.
///
/// # Errors
/// When `AMQP_URL` is not set.
pub fn url() -> Result<String, Failure> {
    Ok(env::var("AMQP_URL").map_err(|error| format!("AMQP_URL: {error}"))?)
}

/// Says that the server consumes.
pub fn ready() {
    println!("ready");
}

/// Prints the value of a call.
pub fn value(value: &Value) {
    println!("{}", json!({"value": value}));
}

/// Prints the error of a call.
pub fn error(kind: &str, message: &str) {
    println!("{}", json!({"error": {"kind": kind, "message": message}}));
}

/// Says that no reply has come in time.
pub fn timed_out() {
    println!("{}", json!({"timeout": true}));
}
