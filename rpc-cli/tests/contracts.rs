//! `describe`, `template` and `docs`.

use serde_json::{Value, json};

use crate::{
    shop,
    support::{Home, Shop},
};

fn contract() -> Value {
    json!([shop::shop_description()])
}

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut contract = contract();
    change(&mut contract[0]);
    contract.to_string()
}

#[tokio::test]
async fn a_method_is_described_with_types_limits_and_documentation() {
    let shop = Shop::open().await;
    let text = shop.run(&["describe", "shop.price", "-o", "table"]).await.succeeded().stdout;
    for expected in [
        "call shop.price",
        "price(article: Article, quantity: uint32) -> Price, or error ShopError",
        "What some pieces of an article cost.",
        "idempotent, timeout 5000 ms",
        "quantity: uint32 (required, 1..=100)",
        "How many pieces.",
        "type Article = \"apple\" | \"bread\" | \"cheese\"",
        "amqp-rpc call shop.price '{\"article\":\"apple\",\"quantity\":3}'",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in {text}");
    }
    let value = shop.run(&["describe", "shop.price"]).await.succeeded().json();
    assert_eq!((&value["name"], &value["parameters"]), (&json!("price"), &json!(["article", "quantity"])));
}

#[tokio::test]
async fn a_service_is_described_with_all_methods() {
    let shop = Shop::open().await;
    let text = shop.run(&["describe", "shop", "-o", "table"]).await.succeeded().stdout;
    for expected in ["A small shop", "notification restock(", "event price_changed(", "call wait("] {
        assert!(text.contains(expected), "{expected:?} is missing in {text}");
    }
    assert_eq!(shop.run(&["describe", "shop"]).await.succeeded().json(), contract()[0]);
}

#[tokio::test]
async fn a_template_can_be_sent() {
    let shop = Shop::open().await;
    let body = shop.run(&["template", "shop.price"]).await.succeeded().stdout;
    shop.program(&["call", "shop.price", "-"]).run(&body).await.succeeded();
    // Without an example it is made of the schema.
    let body = shop.run(&["template", "shop.restock"]).await.succeeded().stdout;
    shop.program(&["notify", "shop.restock", "-"]).run(&body).await.succeeded();
    shop.run(&["template", "shop.nothing"]).await.failed(4, &["shop.price"]);
}

#[tokio::test]
async fn documents_are_exported_and_read_again() {
    let shop = Shop::open().await;
    let document = shop.run(&["docs", "export", "--title", "Groceries"]).await.succeeded().json();
    assert_eq!((&document["asyncapi"], &document["info"]["title"]), (&json!("3.0.0"), &json!("Groceries")));
    let schema = shop.run(&["docs", "export", "shop", "--format", "json-schema"]).await.succeeded().json();
    assert!(schema["definitions"]["ShopPrice"].is_object(), "{schema}");
    let file = shop.home.write("asyncapi.json", &document.to_string());
    let home = Home::create();
    let body = home.run(&["template", "shop.price", "--contract", &file]).await.succeeded().json();
    assert_eq!(body, json!({"article": "apple", "quantity": 3}));
    home.run(&["describe", "shop", "--contract", &home.write("x", "[1]")]).await.failed(1, &["no contract"]);
}

#[tokio::test]
async fn a_check_says_who_breaks_and_which_version_follows() {
    let home = Home::create();
    let old = home.write("old.json", &contract().to_string());
    let check = async |new: &str, arguments: &[&str]| {
        let new = home.write("new.json", new);
        home.run(&[&["docs", "check", &old, &new][..], arguments].concat()).await
    };
    let same = check(&contract().to_string(), &[]).await.succeeded().json();
    assert_eq!((&same["bump"], &same["findings"]), (&json!("none"), &json!([])));

    // One method less breaks old clients.
    let fewer = changed(|service| {
        service["methods"].as_array_mut().expect("a list").remove(0);
    });
    let ran = check(&fewer, &[]).await.failed(7, &[]);
    let report = ran.json();
    assert_eq!((&report["breaks_clients"], &report["bump"]), (&json!(true), &json!("major")));
    assert_eq!(report["findings"][0]["rule"], "method-removed");
    assert!(report["next"]["shop"].is_string(), "{report}");
    let text = check(&fewer, &["-o", "table"]).await.failed(7, &[]).stdout;
    assert!(text.contains("old clients break") && text.contains("a major version"), "{text}");

    // A method more breaks new clients of old servers, which counts where it is asked for.
    let more = changed(|service| {
        let method = service["methods"][0]
            .to_string()
            .replace("shop.price", "shop.cost")
            .replace("\"price\"", "\"cost\"");
        service["methods"]
            .as_array_mut()
            .expect("a list")
            .push(serde_json::from_str(&method).expect("it is JSON"));
    });
    let ran = check(&more, &[]).await.succeeded().json();
    assert_eq!((&ran["breaks_clients"], &ran["breaks_servers"]), (&json!(false), &json!(true)));
    check(&more, &["--for", "servers"]).await.failed(7, &[]);
    check(&more, &["--for", "both"]).await.failed(7, &[]);
    check(&fewer, &["--for", "servers"]).await.failed(0, &[]);
}

#[tokio::test]
async fn a_contract_is_compared_with_what_runs() {
    let shop = Shop::open().await;
    let old = shop.home.write("old.json", &contract().to_string());
    let same = shop.run(&["docs", "check", &old]).await.succeeded().json();
    assert_eq!(same["bump"], "none");
    shop.run(&["docs", "check", &old, "--service", "shop"]).await.succeeded();
    shop.run(&["docs", "check", &old, "--service", "gone"]).await.failed(4, &["gone"]);
    let gone = contract().to_string().replace("\"shop\"", "\"stall\"");
    let old = shop.home.write("old.json", &gone);
    let ran = shop.run(&["docs", "check", &old]).await.failed(7, &[]);
    assert_eq!(ran.json()["findings"][0]["rule"], "service-removed");
}
