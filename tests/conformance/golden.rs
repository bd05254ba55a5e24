//! Compares transcripts with the golden ones, which are recorded from RabbitMQ with `UPDATE_GOLDEN=1`.

use std::{env, fs, path::PathBuf, time::Duration};

use amqp_rpc_broker::Like;
use tokio::time::timeout;

use super::{differences, runner::ScriptRunner, test_broker::TestBroker};

/// A script takes milliseconds, or a few seconds when it waits for refused credentials.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs the script on every broker of this test run, and compares the transcripts with the golden one.
pub(crate) async fn check(name: &str, script: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("conformance/golden/{name}.txt"));
    let rabbitmq = match TestBroker::rabbitmq().await {
        Some(broker) => Some(run(broker, script).await),
        None => None,
    };
    if env::var_os("UPDATE_GOLDEN").is_some() {
        let transcript =
            rabbitmq.as_ref().expect("golden transcripts are recorded from RabbitMQ: set AMQP_URL");
        fs::create_dir_all(path.parent().expect("a file is in a directory"))
            .expect("the directory can be made");
        fs::write(&path, transcript).expect("a golden transcript can be written");
    }
    let golden = fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("{name} has no golden transcript: record it with UPDATE_GOLDEN=1"));
    if let Some(transcript) = rabbitmq {
        assert_same(&golden, &transcript, "RabbitMQ");
    }
    let expected = differences::expected_of_the_embedded_broker(name, &golden);
    let embedded = run(TestBroker::embedded(Like::RabbitMq3_10).await, script).await;
    assert_same(&expected, &embedded, "the embedded broker");
    for (like, rule) in differences::of_likenesses(name) {
        let transcript = run(TestBroker::embedded(like).await, script).await;
        match rule {
            None => assert_same(&expected, &transcript, &format!("the embedded broker like {like:?}")),
            Some(rule) => assert_ne!(expected, transcript, "{like:?} has the rule: {rule}"),
        }
    }
}

pub(crate) async fn run(broker: TestBroker, script: &str) -> String {
    timeout(TIMEOUT, ScriptRunner::run(broker, script)).await.expect("a script ends")
}

fn assert_same(golden: &str, transcript: &str, broker: &str) {
    assert!(
        golden == transcript,
        "{broker} differs from the golden transcript:\n{}",
        difference(golden, transcript)
    );
}

/// Shows two transcripts line by line: `-` only in the first, `+` only in the second.
pub(crate) fn difference(first: &str, second: &str) -> String {
    let (first, second): (Vec<_>, Vec<_>) = (first.lines().collect(), second.lines().collect());
    // The lengths of the longest common subsequences of the remaining lines.
    let mut common = vec![vec![0usize; second.len() + 1]; first.len() + 1];
    for (i, left) in first.iter().enumerate().rev() {
        for (j, right) in second.iter().enumerate().rev() {
            let longest = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if left == right { common[i + 1][j + 1] + 1 } else { longest };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < first.len() || j < second.len() {
        if i < first.len() && j < second.len() && first[i] == second[j] {
            lines.push(format!("  {}", first[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == second.len() || (i < first.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", first[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", second[j]));
            j += 1;
        }
    }
    lines.join("\n")
}

#[test]
fn a_difference_shows_what_is_missing_and_what_is_new() {
    assert_eq!(difference("a\nb\nc", "a\nx\nc"), "  a\n- b\n+ x\n  c");
}
