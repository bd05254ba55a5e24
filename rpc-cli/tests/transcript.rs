//! Runs every command line of docs/cli.md, in its order, and compares what it prints.

use std::{fs, path::Path};

use crate::support::{Home, Program, Ran, Running};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");

/// Stands for any text in what is expected, and alone in a line for any lines.
const ANYTHING: &str = "…";

/// A command line with what it prints.
#[derive(Debug)]
struct Step {
    line: String,
    exits_with: i32,
    expected: Vec<String>,
}

#[tokio::test]
async fn the_manual_prints_what_its_commands_print() {
    let home = Home::create();
    let mut session = Session { home: &home, url: String::new(), running: Vec::new() };
    let steps = steps(&fs::read_to_string(PAGE).expect("the page is there"));
    assert!(steps.len() > 20, "the page has command lines");
    for step in &steps {
        session.run(step).await;
    }
    // Those that end by themselves, such as `listen --count 1`, have what they waited for.
    for (line, running) in session.running {
        if !line.contains("--count") {
            running.interrupt().await;
        }
        let ran = running.end().await;
        assert_eq!(ran.code, Some(0), "{line}: {ran:?}");
    }
}

struct Session<'a> {
    home: &'a Home,
    /// What `export AMQP_URL=..` has set.
    url: String,
    running: Vec<(String, Running)>,
}

impl Session<'_> {
    async fn run(&mut self, step: &Step) {
        if let Some(background) = step.line.strip_suffix(" &") {
            return self.start(background, step).await;
        }
        if step.line.starts_with("export AMQP_URL=") {
            assert!(matches("export AMQP_URL=amqp://guest:guest@127.0.0.1:…", &step.line), "{}", step.line);
            return;
        }
        let line = format!("{{ {}\n}} 2>&1", step.line);
        let ran = self.program(&line).run("").await;
        check(step, &ran);
    }

    /// Starts a program beside the others, and waits until it is ready: it prints its first line, or says that it
    /// listens.
    async fn start(&mut self, line: &str, step: &Step) {
        let mut running = self.program(&format!("exec {line}")).start();
        match step.expected.as_slice() {
            [] => running.until_note("listening").await,
            expected => {
                for expected in expected {
                    let line = running.line().await;
                    assert!(matches(expected, &line), "{}: {line:?}", step.line);
                    if let Some(url) = line.strip_prefix("AMQP_URL=") {
                        self.url = url.to_owned();
                    }
                }
            }
        }
        self.running.push((line.to_owned(), running));
    }

    fn program(&self, line: &str) -> Program {
        // A context that the page uses has a broker that is not there.
        Program::shell(line, self.home.path()).env("AMQP_URL", &self.url)
    }
}

fn check(step: &Step, ran: &Ran) {
    assert_eq!(ran.code, Some(step.exits_with), "{}: {ran:?}", step.line);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(
        all_match(&step.expected, &lines),
        "{}\nprints\n{}\nnot\n{:#?}",
        step.line,
        ran.stdout,
        step.expected
    );
}

fn all_match(expected: &[String], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        ([first, rest @ ..], _) if first == ANYTHING => {
            (0..=lines.len()).any(|skipped| all_match(rest, &lines[skipped..]))
        }
        ([first, rest @ ..], [line, others @ ..]) => matches(first, line) && all_match(rest, others),
        _ => false,
    }
}

/// Spaces at the end do not count.
fn matches(expected: &str, line: &str) -> bool {
    let mut parts = expected.trim_end().split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|start| line.trim_end().strip_prefix(start)) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(end) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(position) = rest.find(part) else { return false };
        rest = &rest[position + part.len()..];
    }
    rest.ends_with(end)
}

/// The command lines in the page's blocks of the language `console`.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_console = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if is_console && let Some(line) = line.strip_prefix("$ ") {
            let (line, exits_with) = match line.split_once(" # exits with ") {
                Some((line, code)) => (line, code.parse().expect("a code is a number")),
                None => (line, 0),
            };
            steps.push(Step { line: line.to_owned(), exits_with, expected: Vec::new() });
        } else if is_console {
            steps.last_mut().expect("a block begins with a command").expected.push(line.to_owned());
        }
    }
    steps
}

#[test]
fn dots_stand_for_anything() {
    assert!(matches("a … c", "a b c") && matches("a…", "a") && !matches("a … c", "a b"));
    let lines = ["a", "b", "c"];
    let all = |expected: &[&str]| {
        all_match(&expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), &lines)
    };
    assert!(all(&["a", "…"]) && all(&["…", "c"]) && all(&["…"]) && all(&["a", "…", "b", "c"]));
    assert!(!all(&["a", "b"]) && !all(&["b", "…"]));
}

#[test]
fn every_command_is_on_the_page() {
    let page = fs::read_to_string(Path::new(PAGE)).expect("the page is there");
    for command in [
        "list",
        "describe",
        "call",
        "template",
        "notify",
        "publish",
        "listen",
        "ping",
        "stats",
        "watch",
        "bench",
        "dead list",
        "dead show",
        "dead retry",
        "dead drop",
        "mock",
        "docs export",
        "docs check",
        "docs serve",
        "context add",
        "context use",
        "context list",
        "context rm",
        "example",
        "completions",
        "man",
    ] {
        let is_run = steps(&page).iter().any(|step| {
            step.line.contains(&format!("amqp-rpc {command}"))
                || step.line.contains(&format!("amqp-rpc -v {command}"))
        });
        assert!(is_run, "{command}");
    }
}
