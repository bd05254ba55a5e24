//! The page in Chromium.

use serde_json::{Value, json};

use crate::{
    chromium::{Browser, Installed, Turn},
    shop,
};

// The keys of WebDriver.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// Has `test` use the page with *try it* in a browser. Where there is no browser, it is left out.
async fn opened(test: impl FnOnce(&Browser, &Installed)) {
    let Some(installed) = Installed::find() else { return };
    let browser = Browser::shared(&installed);
    let server = shop::with_try_it().await;
    let turn = Turn::wait(&browser);
    turn.open(&server.url());
    test(&turn, &installed);
}

/// Errors and violations of the policy; the browser writes both to the console.
fn assert_quiet(browser: &Browser) {
    let console = browser.console();
    assert_eq!(console, [Value::Null; 0]);
}

fn colours(browser: &Browser, scheme: &str) {
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.devtools("Emulation.setEmulatedMedia", &features);
}

fn width(browser: &Browser, width: u32) {
    let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
}

/// How bright the page is: 0 to 255.
fn brightness(browser: &Browser) -> i64 {
    let colour =
        browser.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]");
    colour.as_i64().expect("a colour has numbers")
}

/// What axe finds that keeps people from using the page.
fn assert_accessible(browser: &Browser, axe: &str) {
    browser.run(axe);
    let found = browser.run_async(
        "const done = arguments[arguments.length - 1]; \
         axe.run({ resultTypes: ['violations'] }).then(found => done(found.violations \
         .filter(({ impact }) => ['serious', 'critical', 'moderate'].includes(impact)) \
         .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.slice(0, 5).map(node => [node.html, node.failureSummary]) }))), \
         error => done(String(error)))",
    );
    assert_eq!(found, json!([]), "{found:#}");
}

fn shown(browser: &Browser) -> Value {
    browser.run("return [...document.querySelectorAll('article')].filter(a => a.offsetParent).map(a => a.id)")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn the_page_loads_without_an_error_in_both_colours() {
    opened(|browser, installed| {
        let axe = installed.axe();
        colours(browser, "light");
        assert!(brightness(browser) > 200);
        browser.screenshot("light");
        assert_quiet(browser);
        assert_accessible(browser, &axe);
        colours(browser, "dark");
        assert!(brightness(browser) < 60);
        browser.screenshot("dark");
        assert_accessible(browser, &axe);
        // The switch wins over the system, and is kept.
        browser.run("document.getElementById('theme').click()");
        assert!(brightness(browser) > 200);
        browser.run("location.reload()");
        browser.wait_for("document.documentElement.dataset.theme === 'light'");
        assert!(brightness(browser) > 200);
        assert_quiet(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn the_filter_shows_the_methods_with_all_words() {
    opened(|browser, _| {
        assert_eq!(shown(browser).as_array().map(Vec::len), Some(7));
        browser.press("/price changed");
        assert_eq!(browser.run("return document.activeElement.id"), "filter");
        assert_eq!(shown(browser), json!(["shop.price_changed"]));
        assert_eq!(browser.run("return document.getElementById('found').textContent"), "1 of 7 methods");
        let links =
            "return [...document.querySelectorAll('nav a')].filter(a => a.offsetParent).map(a => a.hash)";
        assert_eq!(browser.run(links), json!(["#shop", "#shop.price_changed"]));
        browser.screenshot("filtered");
        // A link to a method that is not shown shows it.
        browser.run("location.hash = 'shop.order'");
        browser.wait_for("document.getElementById('shop.order').offsetParent");
        // The link has taken the focus.
        browser.press("/nothing of it");
        assert_eq!(shown(browser), json!([]));
        browser.press(ESCAPE);
        assert_eq!(shown(browser).as_array().map(Vec::len), Some(7));
        assert_quiet(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn everything_is_reached_by_the_keyboard() {
    opened(|browser, _| {
        let focused =
            || browser.run("return document.activeElement.textContent || document.activeElement.id");
        browser.press(TAB);
        assert_eq!(focused(), "Skip to the methods");
        let outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle");
        assert_eq!(outline, "solid");
        browser.press(ENTER);
        browser.wait_for("document.activeElement.id === 'content'");
        // The filter, then the first method that it found, then its command and its form.
        browser.press("/find");
        browser.press(ENTER);
        browser.wait_for("document.activeElement.textContent === 'shop.find'");
        browser.press(TAB);
        while browser.run("return document.activeElement.tagName") == "A" {
            browser.press(TAB);
        }
        assert_eq!(focused(), "Copy");
        browser.press(TAB);
        assert_eq!(browser.run("return document.activeElement.name"), "body");
        browser.press(TAB);
        browser.press(ENTER);
        browser.wait_for(
            "document.querySelector('[id=\"shop.find\"] [role=status]').textContent.startsWith('result')",
        );
        let answer =
            browser.run("return document.querySelector('[id=\"shop.find\"] [role=status]').textContent");
        assert!(answer.as_str().is_some_and(|answer| answer.contains("\"price\": 1999")), "{answer}");
        // A type opens by its link.
        browser.run("document.querySelector('[id=\"shop.find\"] a[href^=\"#type.\"]').focus()");
        browser.press(ENTER);
        browser.wait_for("document.getElementById('type.Article').open");
        assert_quiet(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn a_narrow_screen_shows_everything() {
    opened(|browser, installed| {
        width(browser, 360);
        browser.run("document.querySelectorAll('details').forEach(details => { details.open = true; })");
        let beyond = browser.run(
            "return [...document.querySelectorAll('body *')].filter(element => !element.closest('.skip') && \
         element.getBoundingClientRect().right > 361).map(element => element.outerHTML.slice(0, 200))",
        );
        assert_eq!(beyond, json!([]));
        assert_eq!(browser.run("return document.documentElement.scrollWidth <= 360"), true);
        assert_accessible(browser, &installed.axe());
        browser.run("document.querySelectorAll('details').forEach(details => { details.open = false; })");
        browser.screenshot("narrow");
        assert_quiet(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn paper_has_everything_and_no_controls() {
    opened(|browser, _| {
    colours(browser, "dark");
    let printed = browser.print("print");
    assert!(printed.len() > 10_000, "{} characters", printed.len());
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    assert!(brightness(browser) > 200, "dark paper");
    let controls = "return [...document.querySelectorAll('nav, button, form, input')].filter(e => e.offsetParent).length";
    assert_eq!(browser.run(controls), 0);
    let closed = "return [...document.querySelectorAll('details table')].filter(e => !e.checkVisibility({ \
                  contentVisibilityAuto: true })).length";
    assert_eq!(browser.run(closed), 0);
    browser.screenshot("print");
    assert_quiet(browser);
    })
    .await;
}

/// A file of its own, as `docs export --html` writes it, with JavaScript and without.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn an_exported_file_is_complete() {
    let Some(installed) = Installed::find() else { return };
    let page = amqp_rpc_docs::page::html(
        &shop::services(),
        &amqp_rpc_docs::asyncapi::Info::new("The shop", "1.2.0"),
    );
    let path = std::env::temp_dir().join(format!("amqp-rpc-page-{}.html", std::process::id()));
    std::fs::write(&path, page).expect("the temporary folder can be written to");
    let shared = Browser::shared(&installed);
    let browser = &Turn::wait(&shared);
    let address = format!("file://{}", path.display());
    browser.open(&address);
    assert_eq!(browser.run("return document.getElementById('filter').offsetParent !== null"), true);
    assert_quiet(browser);
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&address);
    assert_eq!(shown(browser).as_array().map(Vec::len), Some(7));
    // What needs the script is not shown without it.
    let controls =
        "return [...document.querySelectorAll('button, input, form')].filter(e => e.offsetParent).length";
    assert_eq!(browser.run(controls), 0);
    browser.screenshot("without-javascript");
    std::fs::remove_file(&path).expect("it was written");
}

/// What a description says is text, whatever it says: the browser runs none of it, and asks for none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: scripts/test.sh"]
async fn a_hostile_description_is_text() {
    let Some(installed) = Installed::find() else { return };
    let markup = "</title></script><script>document.owned = 1</script><img src=x onerror='document.owned = 2'>\" \
                  onfocus=document.owned=3 autofocus x=\"<style>*{color:red}</style>";
    let mut services = shop::services();
    for service in &mut services {
        service.service = markup.to_owned();
        service.docs = Some(format!("{markup}\n\n* {markup}\n\n```\n{markup}"));
        for method in &mut service.methods {
            method.full_name = format!("{}{markup}", method.full_name);
            (method.docs, method.examples) = (Some(markup.to_owned()), vec![json!({ markup: markup })]);
            method.request =
                json!({ "properties": { markup: { "description": markup, "default": markup } } });
        }
    }
    let info = amqp_rpc_docs::asyncapi::Info::new(markup, markup).description(markup);
    let server = amqp_rpc_docs::server::DocsServer::new(services, info).try_it(shop::client());
    let server = server.start().await.expect("a port of the loopback is free");
    let shared = Browser::shared(&installed);
    let browser = &Turn::wait(&shared);
    browser.open(&server.url());
    assert_eq!(browser.run("return document.title"), markup);
    assert_eq!(browser.run("return document.owned ?? null"), Value::Null);
    let added =
        "return document.querySelectorAll('img, script:not(body > script), [onfocus], [autofocus]').length";
    assert_eq!(browser.run(added), 0);
    assert_eq!(browser.run("return document.styleSheets.length"), 1);
    // The script works all the same.
    browser.press("/find");
    assert_eq!(shown(browser).as_array().map(Vec::len), Some(1));
    assert_quiet(browser);
}
