//! The examples do what they say, with the broker they are given and with their own: over 300 lines because each has its test here.

use std::{ffi::OsStr, fs, path::Path};

use futures_util::future::join_all;

use crate::support::{Program, Vhost, await_until, program::Finished};

/// Every example, by the files in `examples/`: a new one is tested with an unreachable broker at once, and below when somebody adds it.
fn all() -> Vec<String> {
    let files =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).expect("there are examples");
    let mut names: Vec<String> = files
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
        "embedded_broker",
        "errors",
        "events",
        "fib",
        "fib_client",
        "fib_server",
        "graceful_shutdown",
        "layers",
        "middleware",
        "multi_service",
        "notify",
        "reconnecting",
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

/// What an example prints when it succeeds with the broker of the test, and that it prints the same with one of its own.
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

#[tokio::test]
async fn fib_prints_results_an_error_an_unroutable_call_and_a_timeout() {
    let vhost = Vhost::create().await;
    let expected = "fib(10) = 55\n\
         fib(30) = 832040\n\
         fib(90) = 2880067194370816120\n\
         whoami = the example calling fib.whoami\n\
         fib(91): ask for at most 90\n\
         is_prime(7): nobody serves `primes.is_prime`: no queue is bound to exchange `amqp-rpc` with that key (executed: Never)\n\
         dawdle: no reply within 100ms";
    for printed in output("fib", &vhost).await {
        // What was found of the queue follows, unless the broker was too busy to say.
        assert!(printed.starts_with(expected), "{printed}");
        assert!(printed.ends_with("(executed: Unknown)\n"), "{printed}");
    }
}

#[tokio::test]
async fn fib_client_calls_fib_server_which_stops_when_interrupted() {
    let vhost = Vhost::create().await;
    let alone = Program::example("fib_client", &["30"], &vhost.uri()).finish().await;
    assert!(!alone.status.success());
    assert_eq!(alone.stderr, "nobody serves fib: start `cargo run --example fib_server`\n");

    for signal in ["INT", "TERM"] {
        let mut server = Program::example("fib_server", &[], &vhost.uri());
        assert_eq!(server.line().await, "serving from queue fib");
        let client = Program::example("fib_client", &["30", "91"], &vhost.uri()).finish().await;
        assert_eq!(client.stdout_of_success(), "fib(30) = 832040\nfib(91): n is above 90\n");

        assert!(server.line().await.starts_with("compute(30) in process "));
        assert!(server.line().await.starts_with("compute(91) in process "));
        server.signal(signal).await;
        let finished = server.finish().await;
        assert!(finished.stdout_of_success().ends_with("stopped; 0 calls were abandoned\n"), "{signal}");
    }
}

#[tokio::test]
async fn fib_server_without_amqp_url_prints_how_to_call_it() {
    let lost = Program::example_alone("fib_client", &["30"]).finish().await;
    assert!(!lost.status.success());
    assert_eq!(lost.stderr, "AMQP_URL is not set: start `cargo run --example fib_server`, which prints it\n");

    let mut server = Program::example_alone("fib_server", &[]);
    assert_eq!(server.line().await, "serving from queue fib");
    let uri = uri_of_the_command(&server.line().await, "ask it with: AMQP_URL=");
    let client = Program::example("fib_client", &["30"], &uri).finish().await;
    assert_eq!(client.stdout_of_success(), "fib(30) = 832040\n");
}

/// The address in a line `{prefix}{address} cargo run --example fib_client -- 30`.
fn uri_of_the_command(line: &str, prefix: &str) -> String {
    let uri =
        line.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(" cargo run --example fib_client -- 30"));
    uri.unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[tokio::test]
async fn embedded_broker_prints_how_to_reach_it_from_rust() {
    let mut broker = Program::example_alone("embedded_broker", &[]);
    let uri = uri_of_the_command(&broker.line_with("cargo run").await, "AMQP_URL=");
    let client = Program::example("fib_client", &["30"], &uri).finish().await;
    assert_eq!(client.stdout_of_success(), "fib(30) = 832040\n");

    broker.signal("INT").await;
    let finished = broker.finish().await;
    assert!(finished.stdout_of_success().ends_with("\nstopped\n"));
}

#[tokio::test]
#[ignore = "needs Python with pika: scripts/test.sh"]
async fn embedded_broker_prints_how_to_reach_it_from_python() {
    let mut broker = Program::example_alone("embedded_broker", &[]);
    broker.line_with("python3 - <<'END'").await;
    let mut program = String::new();
    loop {
        match broker.line().await.as_str() {
            "END" => break,
            line => program.extend([line, "\n"]),
        }
    }
    let pasted = Program::pasted_python(&program).finish().await;
    assert_eq!(pasted.stdout_of_success(), "result 832040\n");
}

#[tokio::test]
async fn middleware_lets_only_the_caller_with_a_token_pass() {
    let vhost = Vhost::create().await;
    for printed in output("middleware", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[0].starts_with("[server] greeter.greet: Result after "), "{printed}");
        assert_eq!(lines[1], "with a token: hello, Ada");
        assert!(lines[2].starts_with("[server] greeter.greet: unauthorized after "), "{printed}");
        assert_eq!(lines[3], "without: unauthorized: a valid `token` header is needed (executed: Never)");
        assert_eq!(lines.len(), 4, "{printed}");
    }
}

#[tokio::test]
async fn multi_service_serves_three_services_to_each_of_two_tenants() {
    let vhost = Vhost::create().await;
    let tenant = |name: &str| {
        format!(
            "{name} is served from {name}.reader, {name}.statistics, {name}.writer\n  \
               colour was None\n  \
               colour is  Some(\"{name} red\")\n  \
               1 key\n"
        )
    };
    let expected = tenant("acme") + &tenant("umbrella");
    assert_eq!(output("multi_service", &vhost).await, [expected.as_str(); 2]);
}

#[tokio::test]
async fn errors_prints_execution_and_retryability_of_every_failure() {
    let vhost = Vhost::create().await;
    for printed in output("errors", &vhost).await {
        let columns: Vec<Vec<_>> =
            printed.lines().map(|line| line.split_whitespace().take(3).collect()).collect();
        assert_eq!(
            columns,
            [
                ["call", "executed", "retry"],
                ["transfer", "Completed", "none:"],
                ["transfer", "Completed", "false"],
                ["crash", "Unknown", "false"],
                ["report", "Unknown", "true"],
                ["archive", "Never", "false"],
                ["archive", "Never", "false"],
                ["coin", "Never", "true"],
                ["transfer", "Never", "false"],
            ],
            "{printed}"
        );
    }
}

#[tokio::test]
async fn reconnecting_outlives_its_broker() {
    let vhost = Vhost::create().await;
    let alone = Program::example_alone("reconnecting", &[]).finish().await.stdout_of_success();
    let mut given = Program::example("reconnecting", &[], &vhost.uri());
    given.line().await;
    assert_eq!(given.line().await, "a ring of a minute is under way");
    // The operator of that broker closes the connections.
    await_until("both connections are closed", || async { vhost.close_all_connections().await == 2 }).await;
    let given = given.finish().await.stdout_of_success();
    for printed in [alone, given] {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[2].starts_with("the broker went; the client was connecting"), "{printed}");
        assert!(lines[3].starts_with("the ring Unknown run: disconnected"), "{printed}");
        assert!(lines[4].starts_with("the next call waited "), "{printed}");
        assert!(
            lines[5].ends_with("the client is ready, connection 2, and the server ready, connection 2"),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn graceful_shutdown_fails_no_call() {
    let vhost = Vhost::create().await;
    for printed in output("graceful_shutdown", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        assert!(lines[0].starts_with("server A stopped, and gave back "), "{printed}");
        let answers: Vec<_> =
            lines[1..].iter().filter_map(|line| line.split_once(" ms on server ")).collect();
        let lasted: Vec<_> = answers.iter().map(|(millis, _)| *millis).collect();
        assert_eq!(lasted, ["100", "900", "100", "100"], "{printed}");
        assert!(answers.iter().all(|(_, server)| server.starts_with(['A', 'B'])), "{printed}");
    }
}

#[tokio::test]
async fn notify_sends_letters_that_wait_for_a_server() {
    let vhost = Vhost::create().await;
    let expected = "the broker has four letters, and no server runs\n\
         a server came: Ada: delivered, Grace: delivered, Linus: delivered, Nobody: not found\n\
         the letter to Nobody waits in the queue `post.dead`, for somebody to look at\n";
    assert_eq!(output("notify", &vhost).await, [expected, expected]);
    await_until("the dead letter", || async { vhost.existing_queue("post.dead").await.ready == 1 }).await;
}

#[tokio::test]
async fn codecs_weighs_one_value_in_each_codec() {
    let vhost = Vhost::create().await;
    let expected = [
        ("application/json", 854),
        ("application/msgpack", 671),
        ("application/cbor", 611),
        ("application/x-postcard", 351),
    ]
    .map(|(codec, size)| format!("{codec:<22} {size:>4} bytes\n{:<22} 10 readings came back\n", ""))
    .concat();
    let compressed = "application/json        854 bytes\ncompressed on the way  10 readings came back\n";
    let expected = expected + compressed;
    assert_eq!(output("codecs", &vhost).await, [expected.clone(), expected]);
}

#[tokio::test]
async fn validation_prints_every_violation() {
    let vhost = Vhost::create().await;
    let expected = "[server] Ada is valid, and registered\n\
         copies: 2\n\
         the server refuses it (bad_request):\n  \
         copies: greater than 3\n  \
         user.age: lower than 18\n  \
         user.name: length is lower than 1\n  \
         user.shoes: shoes come in pairs\n\
         not even sent: 3\n";
    assert_eq!(output("validation", &vhost).await, [expected, expected]);
}

#[tokio::test]
async fn deadlines_are_inherited_and_cancel_what_takes_too_long() {
    let vhost = Vhost::create().await;
    for printed in output("deadlines", &vhost).await {
        let seconds = |order: &str| -> u64 {
            let answer = printed.lines().find_map(|line| line.strip_prefix(order)).expect("it was ordered");
            let seconds =
                answer.strip_prefix(": the warehouse has about ").and_then(|rest| rest.strip_suffix(" s"));
            seconds.unwrap_or_else(|| panic!("{printed}")).parse().expect("it is a number")
        };
        assert!((6..=10).contains(&seconds("order")), "{printed}");
        assert!((1..=5).contains(&seconds("hasty order")), "{printed}");
        assert!((6..=10).contains(&seconds("endless order")), "{printed}");
        for item in ["tea", "coffee", "mate"] {
            assert!(printed.contains(&format!("[warehouse] noted: {item}\n")), "{printed}");
        }
        assert_eq!(printed.matches("[shop] browse was cancelled\n").count(), 2, "{printed}");
        let fault = "browse: deadline_exceeded: the method was cancelled after 100ms, the server's limit (executed: Unknown)\n";
        assert!(printed.contains(fault), "{printed}");
        assert!(printed.contains("\nbrowse: no reply within 100ms"), "{printed}");
    }
}

#[tokio::test]
async fn layers_trace_measure_and_shed() {
    let vhost = Vhost::create().await;
    for printed in output("layers", &vhost).await {
        let lines: Vec<_> = printed.lines().collect();
        let first = [
            "-- one call that makes another",
            "span rpc.client kitchen.cook",
            "span rpc.server kitchen.cook",
            "span rpc.client kitchen.fetch",
            "span rpc.server kitchen.fetch",
            "bread of flour",
        ];
        assert_eq!(lines[..first.len()], first, "{printed}");
        let refused = "refused: overloaded: the server has too much to do (executed: Never)";
        assert!(lines.contains(&refused), "{printed}");
        assert_eq!(lines.iter().filter(|line| **line == "baked at 220").count(), 2, "{printed}");
        for measured in [
            "rpc.client.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.cook, rpc.response.status_code=ok}: 1 calls",
            "rpc.server.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.bake, rpc.response.status_code=ok}: 2 calls",
            "rpc.server.call.duration {rpc.system.name=amqp_rpc, rpc.method=kitchen.bake, rpc.response.status_code=overloaded, error.type=overloaded}: 1 calls",
        ] {
            assert!(lines.contains(&measured), "{measured} is missing: {printed}");
        }
    }
}

#[tokio::test]
async fn events_reach_two_groups_and_a_temporary_listener() {
    let vhost = Vhost::create().await;
    let expected = "  audit saw 100 in eu.de\n  \
           billing saw 100 in eu.de\n  \
           audit saw 200 in us.ny\n\
         a screen joins\n  \
           audit saw 300 in everywhere\n  \
           screen saw 300 in everywhere\n\
         it looks at Asia only\n  \
           audit saw 400 in eu.fr\n  \
           billing saw 400 in eu.fr\n  \
           audit saw 500 in asia.jp.tokyo\n  \
           screen saw 500 in asia.jp.tokyo\n\
         it leaves, and billing stops for a while\n  \
           audit saw 600 in eu.de\n\
         billing is back, and its group has kept what it missed\n  \
           billing saw 600 in eu.de\n";
    assert_eq!(output("events", &vhost).await, [expected; 2]);
}

#[tokio::test]
async fn composition_chooses_adds_and_removes_services() {
    let vhost = Vhost::create().await;
    let expected = "the server has no service `wether` to serve or leave out; it has: garden.trees, weather\n\
         served from weather: rain\n\
         served from garden.trees, weather: planted: oak\n\
         `garden.trees.plant` is served twice; give its service to the server once\n\
         served from garden.trees, calls cut off: 0\n\
         asked meanwhile: rain\n";
    assert_eq!(output("composition", &vhost).await, [expected; 2]);
}

#[tokio::test]
async fn blocking_counts_primes_on_blocking_threads() {
    let vhost = Vhost::create().await;
    let expected = "4 primes up to 10\n\
        25 primes up to 100\n\
        168 primes up to 1000\n\
        1229 primes up to 10000, asked without the trait\n\
        nobody serves `primes.twins`: no queue is bound to exchange `amqp-rpc` with that key\n";
    assert_eq!(output("blocking", &vhost).await, [expected, expected]);
}
