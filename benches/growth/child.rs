//! Child processes: this program again, in a role, which speaks in lines.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use amqp_rpc_bench_harness::Failure;

/// What a child is, and how large.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// A client with so many calls in flight.
    Calls(usize),
    /// A server with so many services.
    Services(usize),
    /// So many clients.
    Connections(usize),
}

impl Role {
    pub(crate) fn read(name: &str, size: usize) -> Result<Self, String> {
        match name {
            "calls" => Ok(Self::Calls(size)),
            "services" => Ok(Self::Services(size)),
            "connections" => Ok(Self::Connections(size)),
            unknown => Err(format!("no child is called {unknown:?}")),
        }
    }

    fn arguments(self) -> [String; 3] {
        let (name, size) = match self {
            Self::Calls(size) => ("calls", size),
            Self::Services(size) => ("services", size),
            Self::Connections(size) => ("connections", size),
        };
        ["--child".into(), name.into(), size.to_string()]
    }
}

/// A child process, which ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(url: &str, role: Role) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(role.arguments())
            .env("AMQP_URL", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("a child has no output")?);
        Ok(Self { child, input, output })
    }

    /// The numbers of the next line that it writes. It blocks: only this process waits then.
    pub(crate) fn numbers<const COUNT: usize>(&mut self) -> Result<[f64; COUNT], Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("a child ended; its reason is above".into());
        }
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        numbers.try_into().map_err(|_| format!("a child wrote {line:?}").into())
    }

    /// Lets it take its next step.
    pub(crate) fn go_on(&mut self) -> Result<(), Failure> {
        Ok(writeln!(self.input.as_mut().ok_or("a child has no input")?)?)
    }
}

impl Drop for Process {
    /// The end of its input ends it.
    fn drop(&mut self) {
        drop(self.input.take());
        // Nothing is left to do when it has ended already.
        let _ = self.child.wait();
    }
}

/// Writes numbers for the parent, then waits until it says to go on, or has ended.
pub(crate) async fn report(numbers: &[f64]) -> Result<(), Failure> {
    let words: Vec<_> = numbers.iter().map(f64::to_string).collect();
    writeln!(std::io::stdout(), "{}", words.join(" "))?;
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;
    Ok(())
}

/// The resident memory of this process in KiB, on Linux.
pub(crate) fn resident_kib() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
