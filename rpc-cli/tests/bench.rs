//! `bench`: so many calls, at the rate that was asked for, and a report of them.

use std::sync::atomic::{AtomicU32, Ordering};

use amqp_rpc::{
    Server,
    middleware::{IncomingCall, Reply},
};
use serde_json::Value;

use crate::support::Shop;

const APPLES: &str = r#"{"article": "apple", "quantity": 3}"#;

fn total(histogram: &Value) -> u64 {
    let steps = histogram.as_array().expect("it is a list").iter();
    steps.map(|step| step["calls"].as_u64().expect("it is a number")).sum()
}

#[tokio::test]
async fn a_count_of_calls_is_made_and_measured() {
    let shop = Shop::open().await;
    let file = shop.home.write("rows.csv", "");
    let arguments =
        ["bench", "shop.price", APPLES, "-c", "8", "-n", "300", "--warm-up", "50ms", "--csv", &file];
    let report = shop.run(&arguments).await.succeeded().json();
    assert_eq!(
        (&report["calls"], &report["failed"], total(&report["histogram"])),
        (&300.into(), &0.into(), 300)
    );
    assert_eq!((&report["concurrency"], &report["rate"]), (&8.into(), &Value::Null));
    let latency = |name: &str| report["latency_us"][name].as_f64().unwrap();
    let ordered = ["min", "p50", "p90", "p99", "p99_9", "max"].map(latency);
    assert!(ordered[0] > 0.0 && ordered.is_sorted(), "{report}");
    assert!(report["calls_per_second"].as_f64().unwrap() > 0.0);

    let rows = std::fs::read_to_string(&file).unwrap();
    let mut lines = rows.lines();
    assert_eq!(lines.next(), Some("second,calls,failed,p50_us,p90_us,p99_us,p999_us,max_us"));
    let calls = lines.map(|line| line.split(',').nth(1).unwrap().parse::<u64>().unwrap());
    assert_eq!(calls.sum::<u64>(), 300, "{rows}");
}

#[tokio::test]
async fn a_rate_is_kept_for_the_duration() {
    let shop = Shop::open().await;
    let arguments = ["bench", "shop.price", APPLES, "--rate", "200", "-d", "500ms", "--warm-up", "0ms"];
    let report = shop.run(&arguments).await.succeeded().json();
    let (calls, not_made) = (report["calls"].as_u64().unwrap(), report["not_made"].as_u64().unwrap());
    assert_eq!(calls + not_made, 100, "{report}");
    assert_eq!(report["rate"], 200.0);
    assert!(report["seconds"].as_f64().unwrap() >= 0.495, "{report}");
}

/// The server takes 20 ms for each call, one after the other; ten are due at nearly the same time.
#[tokio::test]
async fn a_call_that_waits_for_others_is_late_and_its_latency_says_so() {
    let slow = |_: IncomingCall| async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        Reply::json(&1)
    };
    let shop = Shop::with(Server::new().concurrency(1).raw("slow.run", slow)).await;
    let arguments = ["bench", "slow.run", "{}", "--rate", "1000", "-c", "1", "-n", "10", "--warm-up", "0s"];
    let report = shop.run(&arguments).await.succeeded().json();
    assert_eq!(report["calls"], 10);
    // The last one was due after 9 ms, and ended after 200.
    assert!(report["latency_us"]["max"].as_f64().unwrap() >= 190_000.0, "{report}");
}

#[tokio::test]
async fn errors_are_counted_by_their_kind() {
    let calls = AtomicU32::new(0);
    let every_second = move |_: IncomingCall| {
        let number = calls.fetch_add(1, Ordering::Relaxed);
        async move { if number.is_multiple_of(2) { Reply::json(&number) } else { Reply::error(&"odd") } }
    };
    let shop = Shop::with(Server::new().raw("odd.run", every_second)).await;
    let arguments = ["bench", "odd.run", "{}", "-n", "11", "-c", "1", "--warm-up", "0s"];
    let report = shop.run(&arguments).await.succeeded().json();
    // One call is made first, so the first measured one is odd, and the next run begins with an even one.
    assert_eq!((&report["calls"], &report["errors"]["the method's own error"]), (&5.into(), &6.into()));
    let text = shop.run(&[&arguments[..], &["-o", "table"]].concat()).await.stdout;
    for part in ["6 failed", "6 × the method's own error", "p99.9", "█"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_all_calls_is_told_before_any_is_measured() {
    let shop = Shop::open().await;
    shop.run(&["bench", "shop.price", r#"{"article": "apple"}"#]).await.failed(6, &["quantity: missing"]);
    let body = r#"{"article": "apple", "quantity": 60}"#;
    shop.run(&["bench", "shop.price", body]).await.failed(5, &["own error", "sold_out"]);
    shop.run(&["bench", "nobody.there", "{}"]).await.failed(4, &["nobody"]);
    shop.run(&["bench", "nobody.there"]).await.failed(1, &["a body is needed"]);
    shop.run(&["bench", "shop.price", "-d", "0s"]).await.failed(1, &["longer than zero"]);
    shop.run(&["bench", "shop.price", "--csv", "/nowhere/rows.csv"]).await.failed(1, &["/nowhere/rows.csv"]);
}

#[tokio::test]
async fn without_a_body_the_example_of_the_contract_is_sent() {
    let shop = Shop::open().await;
    let report = shop.run(&["bench", "shop.price", "-n", "5", "--warm-up", "0s"]).await.succeeded().json();
    assert_eq!(report["calls"], 5);
}

#[tokio::test]
async fn ctrl_c_ends_it_and_what_was_measured_is_reported() {
    let shop = Shop::open().await;
    let arguments = ["bench", "shop.price", APPLES, "-d", "1h", "--warm-up", "0s", "-v"];
    let mut running = shop.program(&arguments).start();
    running.until_note("measuring").await;
    running.interrupt().await;
    let ran = running.end().await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert_eq!(ran.json()["method"], "shop.price");
}

/// A long measurement is not lost because the disk is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_cannot_be_written_takes_no_report_away() {
    let shop = Shop::open().await;
    let arguments = ["bench", "shop.price", APPLES, "-n", "5", "--warm-up", "0s", "--csv", "/dev/full"];
    let ran = shop.run(&arguments).await.failed(1, &["/dev/full"]);
    assert_eq!(ran.json()["calls"], 5);
}
