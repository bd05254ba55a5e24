//! Each exit code, and the text that says what to do.

use amqp_rpc::Server;

use crate::support::{Home, Shop};

#[tokio::test]
async fn code_1_the_command_line_cannot_be_used() {
    let home = Home::create();
    for (arguments, text) in [
        (&["call"][..], "SERVICE.METHOD"),
        (&["cal", "shop.price"], "call"),
        (&["list", "--timeout", "10"], "500ms"),
        (&["list"], "no broker is named"),
        (&["list", "--context", "gone"], "no context `gone`"),
        (&["--url", "amqp://host", "list", "--example"], "--example has a broker of its own"),
        (&["list", "--url", "amqp://host", "--example"], "cannot be used with"),
        (&["call", "shop.price", "{"], "the body is no JSON"),
        (&["call", "shop.price", "@gone.json"], "gone.json"),
        (&["docs", "check", "gone.json"], "gone.json"),
        (&["call", "shop.price", "-H", "name"], "NAME=VALUE"),
    ] {
        let ran = home.run(arguments).await;
        assert!(ran.stdout.is_empty(), "{ran:?}");
        ran.failed(1, &[text]);
    }
}

#[tokio::test]
async fn without_a_broker_the_text_says_how_to_name_one() {
    let ran = Home::create().run(&["list"]).await;
    ran.failed(1, &["--url", "AMQP_URL", "context add", "--example list"]);
}

#[tokio::test]
async fn code_2_no_connection_and_no_password_in_the_text() {
    let home = Home::create();
    // Nothing listens there.
    let ran = home.run(&["list", "--url", "amqp://me:secret@127.0.0.1:1"]).await;
    let ran = ran.failed(2, &["amqp://me:***@127.0.0.1:1", "hint:"]);
    assert!(!format!("{ran:?}").contains("secret"));

    let shop = Shop::open().await;
    let url = shop.url().replace("guest:guest", "guest:s3cr3t");
    let ran = shop.run(&["list", "--url", &url, "-v"]).await.failed(2, &["guest"]);
    assert!(!format!("{ran:?}").contains("s3cr3t"), "{ran:?}");
}

#[tokio::test]
async fn code_3_no_reply_in_time() {
    let shop = Shop::open().await;
    let arguments = ["call", "shop.wait", r#"{"milliseconds": 60000}"#, "--timeout", "300ms"];
    let ran = shop.run(&arguments).await;
    ran.failed(3, &["no reply within 300ms", "--timeout", "it may have run"]);
}

#[tokio::test]
async fn code_4_nobody_serves_it() {
    let shop = Shop::open().await;
    let ran = shop.run(&["call", "nothing.there"]).await;
    ran.failed(4, &["nothing.there", "no server has nothing", "amqp-rpc list", "it did not run"]);
    let ran = shop.run(&["call", "shop.prize"]).await;
    ran.failed(4, &["has no method shop.prize", "shop.price"]);
    shop.run(&["describe", "nothing"]).await.failed(4, &["amqp-rpc list"]);
}

#[tokio::test]
async fn code_4_nobody_consumes_the_queue() {
    let shop = Shop::open().await;
    let second = Server::new().raw("idle.run", |_| async { amqp_rpc::middleware::Reply::json(&1) });
    let second = second.start(shop.url()).await.expect("it starts");
    second.shutdown().await.expect("it stops");
    shop.run(&["call", "idle.run", "--fail-fast"]).await.failed(4, &["has no consumer"]);
}

#[tokio::test]
async fn code_5_the_method_s_own_error_is_printed_as_json() {
    let shop = Shop::open().await;
    let body = r#"{"article": "apple", "quantity": 60}"#;
    let ran = shop.run(&["call", "shop.price", body]).await;
    let ran = ran.failed(5, &["shop.price returned its own error", r#""reason":"sold_out""#, "50"]);
    assert!(ran.stdout.is_empty());
}

#[tokio::test]
async fn code_6_a_reply_that_cannot_be_read() {
    let garbage =
        |_| async { Ok(amqp_rpc::middleware::Reply::bytes("garbage").with_content_type("application/json")) };
    let shop = Shop::with(Server::new().raw("garbage.get", garbage)).await;
    shop.run(&["call", "garbage.get"]).await.failed(6, &["--raw"]);
    assert_eq!(shop.run(&["call", "garbage.get", "--raw"]).await.succeeded().stdout, "garbage");
}

#[tokio::test]
async fn code_130_ctrl_c_gives_a_call_up() {
    let shop = Shop::open().await;
    let mut running =
        shop.program(&["-v", "call", "shop.wait", r#"{"milliseconds": 60000}"#, "--timeout", "1m"]).start();
    running.until_note("contract of shop").await;
    running.interrupt().await;
    let ran = running.end().await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{ran:?}");
}

#[tokio::test]
async fn a_pipe_that_is_closed_is_silent() {
    let home = Home::create();
    let contract = r#"{"service": "shop", "methods": []}"#;
    let mut running = home.program(&["list", "--contract", "-"]).start();
    // It waits for its contract: nothing was written yet.
    running.close_stdout();
    running.write(contract).await;
    let ran = running.end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
}

#[tokio::test]
async fn help_and_version_need_no_broker() {
    let home = Home::create();
    let help = home.run(&["--help"]).await.succeeded().stdout;
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
        "docs",
        "context",
        "completions",
        "man",
    ] {
        assert!(help.contains(&format!("  {command} ")), "{command}: {help}");
    }
    assert!(help.contains("--example list") && help.contains("Exit codes"), "{help}");
    let version = home.run(&["--version"]).await.succeeded().stdout;
    assert_eq!(version.trim(), concat!("amqp-rpc ", env!("CARGO_PKG_VERSION")));
}
