//! The examples print what their documentation says, on the broker of the test and on their own.

mod client;
mod fib;
mod messages;
mod server;

use std::{ffi::OsStr, fs, path::Path};

use futures_util::future::join_all;

use crate::support::{Program, Vhost, program::Finished};

/// The names of all examples. A new one is tested with an unreachable broker automatically.
fn all() -> Vec<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let folders = [examples.clone(), examples.join("more")];
    let mut names: Vec<String> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("there are examples"))
        .map(|file| file.expect("the directory can be read").path())
        .filter(|path| path.extension() == Some(OsStr::new("rs")))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_example_is_tested_here() {
    let tested = [
        "blocking",
        "codecs",
        "composition",
        "deadlines",
        "deduplicated",
        "dialect",
        "embedded_broker",
        "errors",
        "events",
        "fib",
        "fib_client",
        "fib_server",
        "graceful_shutdown",
        "layers",
        "locks",
        "middleware",
        "multi_service",
        "notify",
        "own_transaction",
        "reconnecting",
        "secrets",
        "validation",
    ];
    assert_eq!(all(), tested, "add a test of the new example, and its name");
}

#[tokio::test]
async fn every_example_explains_a_missing_broker_in_one_line() {
    let runs = all().into_iter().filter(|name| name != "embedded_broker").map(|name| async move {
        // Nothing listens on port 1.
        let finished = Program::example(&name, &[], "amqp://me:s3cret@127.0.0.1:1").finish().await;
        assert!(!finished.status.success(), "{name} needs a broker");
        assert_eq!(finished.stdout, "", "{name}");
        assert!(!finished.stderr.contains("s3cret"), "{name} shows the password: {}", finished.stderr);
        let mut lines = finished.stderr.lines();
        if name != "fib_client" {
            assert_eq!(lines.next(), Some("broker: yours at 127.0.0.1:1 (AMQP_URL)"), "{name}");
        }
        let error = lines.next().unwrap_or_else(|| panic!("{name} says nothing"));
        for word in ["127.0.0.1:1", "start RabbitMQ"] {
            assert!(error.contains(word), "{name} does not say {word}: {error}");
        }
        assert_eq!(lines.next(), None, "{name}");
    });
    join_all(runs).await;
}

/// Runs an example on the broker of the test and on its embedded one, and returns what each printed.
async fn output(name: &str, vhost: &Vhost) -> [String; 2] {
    let place = vhost.uri().split_once('@').expect("the address has a user").1.to_owned();
    let on_given = Program::example(name, &[], &vhost.uri()).finish();
    let on_its_own = Program::example_alone(name, &[]).finish();
    let (on_given, on_its_own) = tokio::join!(on_given, on_its_own);
    assert_eq!(on_given.stderr, format!("broker: yours at {place} (AMQP_URL)\n"), "{name}");
    let embedded = on_its_own.stderr.strip_prefix("broker: embedded, amqp://guest:guest@127.0.0.1:");
    assert!(
        embedded.is_some_and(|rest| rest.ends_with(" (set AMQP_URL to use yours)\n") && rest.lines().count() == 1),
        "{name}: {}",
        on_its_own.stderr
    );
    [on_given, on_its_own].map(Finished::stdout_of_success)
}
