//! The program, run to its end or beside the test.

use std::{env, fmt, future::Future, path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

/// The program with its arguments and its environment. It is killed when its test ends.
#[derive(Debug)]
pub(crate) struct Program(Command);

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Lines,
    errors: Lines,
}

type Lines = tokio::io::Lines<BufReader<Box<dyn Output>>>;

/// What a program writes.
pub(crate) trait Output: AsyncRead + Send + Unpin + fmt::Debug {}

impl<T: AsyncRead + Send + Unpin + fmt::Debug> Output for T {}

/// Waits for something that happens soon.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.unwrap_or_else(|_| panic!("{what} took longer than {limit:?}"))
}

impl Program {
    /// The program with nothing in its environment but `home` and the path.
    pub(crate) fn new(home: &Path) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_amqp-rpc")), home)
    }

    /// A line for a shell, in which the program is `amqp-rpc`.
    pub(crate) fn shell(line: &str, home: &Path) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).current_dir(home);
        Self::of(command, home)
    }

    fn of(mut command: Command, home: &Path) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_amqp-rpc"));
        let folder = program.parent().expect("a program is in a folder");
        let path = env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self(command)
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end, with this on stdin.
    pub(crate) async fn run(mut self, input: &str) -> Ran {
        let mut child = self.0.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that does not read it is no failure.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = within("the program", child.wait_with_output()).await.expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("it writes text");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs it beside the test.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self.0.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("it is piped");
        let stderr = child.stderr.take().expect("it is piped");
        let lines = |output: Box<dyn Output>| BufReader::new(output).lines();
        Running { lines: lines(Box::new(stdout)), errors: lines(Box::new(stderr)), child }
    }
}

impl Running {
    /// The next line of stdout.
    pub(crate) async fn line(&mut self) -> String {
        let line = within("a line", self.lines.next_line()).await.expect("it can be read");
        line.expect("the program writes a line")
    }

    /// Waits for a line of stderr with this text.
    pub(crate) async fn until_note(&mut self, text: &str) {
        loop {
            let line = within("a note", self.errors.next_line()).await.expect("it can be read");
            let line = line.unwrap_or_else(|| panic!("the program ended without {text:?}"));
            if line.contains(text) {
                return;
            }
        }
    }

    /// Reads no more of stdout, as a program does that has ended.
    pub(crate) fn close_stdout(&mut self) {
        let nothing: Box<dyn Output> = Box::new(tokio::io::empty());
        self.lines = BufReader::new(nothing).lines();
    }

    /// Writes to stdin, and closes it.
    pub(crate) async fn write(&mut self, input: &str) {
        let mut stdin = self.child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).await.expect("the program reads it");
    }

    /// Presses Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let status = Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
        assert!(status.success());
    }

    /// Waits for its end: the code, and what is left of stdout and stderr.
    pub(crate) async fn end(mut self) -> Ran {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let rest = async {
            self.lines.into_inner().read_to_string(&mut stdout).await.expect("it can be read");
            self.errors.into_inner().read_to_string(&mut stderr).await.expect("it can be read");
            self.child.wait().await.expect("it ends")
        };
        let status = within("the program's end", rest).await;
        Ran { code: status.code(), stdout, stderr }
    }
}

impl Ran {
    /// The only line of stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The lines of stdout as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(line).collect()
    }

    /// It did what it was asked, and said nothing else.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.code == Some(0) && self.stderr.is_empty(), "{self:?}");
        self
    }

    /// It failed with this code, and stderr has each of these texts.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is missing: {self:?}");
        }
        self
    }
}
