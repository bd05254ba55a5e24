//! Named brokers: where they are kept, what is kept of passwords, and which broker is taken.

use std::fs;

use crate::support::{Home, Shop};

const BODY: &str = r#"{"article": "apple", "quantity": 1}"#;

#[tokio::test]
async fn contexts_are_added_used_listed_and_removed() {
    let home = Home::create();
    let run = async |arguments: &[&str]| home.run(&[&["context"][..], arguments].concat()).await;
    run(&["add", "dev", "--url", "amqp://me@dev/shop", "--password-env", "RABBIT", "--use"])
        .await
        .succeeded();
    run(&["add", "live", "--url", "amqps://live", "--namespace", "eu"]).await.succeeded();
    let listed = run(&["list"]).await.succeeded().json();
    assert_eq!(listed[0]["name"], "dev");
    assert_eq!((&listed[0]["used"], &listed[0]["password"]), (&true.into(), &"environment".into()));
    assert_eq!((&listed[1]["used"], &listed[1]["namespace"]), (&false.into(), &"eu".into()));

    run(&["use", "live"]).await.succeeded();
    assert_eq!(run(&["list"]).await.succeeded().json()[1]["used"], true);
    run(&["rm", "live"]).await.succeeded();
    assert_eq!(run(&["list"]).await.succeeded().json().as_array().expect("a list").len(), 1);
    run(&["use", "live"]).await.failed(1, &["no context `live`", "there are: dev"]);
    run(&["add", "x"]).await.failed(1, &["--url"]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_user_can_read_the_file_and_it_has_no_password() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::create();
    let file = home.path().join("config/amqp-rpc/contexts.json");
    let url = "amqp://me:secret@dev";
    let refused = home.run(&["context", "add", "dev", "--url", url]).await;
    let refused = refused.failed(1, &["--password-command", "--password-env", "--store-password"]);
    assert!(!format!("{refused:?}").contains("secret") && !file.exists());

    let command = ["context", "add", "dev", "--url", "amqp://me@dev", "--password-command", "pass show dev"];
    home.run(&command).await.succeeded();
    assert_eq!(fs::metadata(&file).expect("it exists").permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(&file).expect("it is text").contains("secret"));

    // With --store-password it is stored, and never shown.
    home.run(&["context", "add", "dev", "--url", url, "--store-password"]).await.succeeded();
    assert!(fs::read_to_string(&file).expect("it is text").contains("secret"));
    let listed = home.run(&["context", "list", "-o", "table"]).await.succeeded().stdout;
    assert!(listed.contains("me:***@dev") && listed.contains("stored"), "{listed}");
    assert_eq!(fs::metadata(&file).expect("it exists").permissions().mode() & 0o777, 0o600);

    // A file that was edited by hand is no reason to print it.
    fs::write(&file, r#"{"contexts": {"dev": "amqp://me:secret@dev"}}"#).expect("it can be written");
    let broken = home.run(&["context", "list"]).await.failed(1, &["contexts.json: line 1"]);
    assert!(!format!("{broken:?}").contains("secret"));
}

#[tokio::test]
async fn the_password_comes_from_a_command_or_from_the_environment() {
    let shop = Shop::open().await;
    let without = shop.url().replace("guest:guest", "guest");
    let price = ["call", "shop.price", BODY];
    let add = async |password: &[&str]| {
        let arguments = [&["context", "add", "dev", "--url", &without, "--use"][..], password].concat();
        shop.home.run(&arguments).await.succeeded();
    };
    add(&["--password-command", "echo guest"]).await;
    shop.home.run(&price).await.succeeded();
    add(&["--password-command", "exit 3"]).await;
    shop.home.run(&price).await.failed(1, &["the password command of the context `dev`", "3"]);
    add(&["--password-env", "RABBIT_PASSWORD"]).await;
    shop.home.program(&price).env("RABBIT_PASSWORD", "guest").run("").await.succeeded();
    shop.home.run(&price).await.failed(1, &["RABBIT_PASSWORD", "not set"]);
}

#[tokio::test]
async fn url_beats_context_beats_amqp_url() {
    let shop = Shop::open().await;
    let (here, nowhere) = (shop.url(), "amqp://127.0.0.1:1");
    let price = ["call", "shop.price", BODY];
    let run = async |arguments: &[&str], amqp_url: &str| {
        let arguments = [&price[..], arguments].concat();
        shop.home.program(&arguments).env("AMQP_URL", amqp_url).run("").await
    };
    run(&[], &here).await.succeeded();
    run(&["--url", &here], nowhere).await.succeeded();
    shop.home.run(&["context", "add", "lost", "--url", nowhere, "--use"]).await.succeeded();
    run(&[], &here).await.failed(2, &["127.0.0.1:1"]);
    run(&["--url", &here], nowhere).await.succeeded();
    let stored = ["context", "add", "here", "--url", &here, "--store-password"];
    shop.home.run(&stored).await.succeeded();
    run(&["--context", "here"], nowhere).await.succeeded();
    run(&["--context", "here", "-v"], nowhere).await.failed(0, &["guest:***@", "the context `here`"]);
}

#[tokio::test]
async fn a_context_has_a_namespace() {
    let server = amqp_rpc::Server::new()
        .namespace("eu")
        .raw("echo.one", |_| async { amqp_rpc::middleware::Reply::json(&1) });
    let shop = Shop::with(server).await;
    let url = shop.url();
    let add = ["context", "add", "eu", "--url", &url, "--store-password", "--namespace", "eu"];
    shop.home.run(&add).await.succeeded();
    assert_eq!(shop.home.run(&["call", "echo.one", "--context", "eu"]).await.succeeded().stdout, "1\n");
    shop.run(&["call", "echo.one"]).await.failed(4, &[]);
    let home = Home::create();
    home.run(&["call", "echo.one", "--url", &url, "--namespace", "eu"]).await.succeeded();
}

#[tokio::test]
async fn a_context_has_a_contract_for_which_no_broker_is_asked() {
    let home = Home::create();
    let contract = serde_json::json!([crate::shop::shop_description()]).to_string();
    let file = home.write("shop.json", &contract);
    let add = ["context", "add", "far", "--url", "amqp://127.0.0.1:1", "--contract", &file, "--use"];
    home.run(&add).await.succeeded();
    let body = home.run(&["template", "shop.price"]).await.succeeded().json();
    assert_eq!(body["article"], "apple");
}
