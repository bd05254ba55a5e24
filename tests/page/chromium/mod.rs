//! Chromium, driven by the `WebDriver` protocol of the W3C.

mod http;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::left_out::leave_out;

/// What `scripts/browser.sh` has installed.
pub(crate) struct Installed(PathBuf);

impl Installed {
    /// `None`, and the running test is left out, where it could not be installed.
    pub(crate) fn find() -> Option<Self> {
        let Some(folder) = env::var_os("AMQP_RPC_TEST_BROWSER") else {
            panic!(
                "AMQP_RPC_TEST_BROWSER is not set: run scripts/test.sh, or set it to what scripts/browser.sh prints"
            );
        };
        let folder = PathBuf::from(folder);
        if let Ok(reason) = fs::read_to_string(folder.join("skipped")) {
            leave_out(&format!("no browser: {}", reason.trim()));
            return None;
        }
        Some(Self(folder))
    }

    pub(crate) fn axe(&self) -> String {
        let path = self.0.join("node_modules/axe-core/axe.min.js");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// A tab of the browser that all tests share, for one test at a time: what a test changes ends with the tab.
pub(crate) struct Turn<'a> {
    browser: &'a Browser,
    others: String,
    _turn: MutexGuard<'a, ()>,
}

impl<'a> Turn<'a> {
    /// Waits for the tests before this one.
    pub(crate) fn wait(browser: &'a Browser) -> Self {
        // A test that has failed has ended its tab all the same.
        let turn = browser.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = |value: &Value| value.as_str().expect("a window has a handle").to_owned();
        let others =
            handle(&browser.ask("GET", &format!("/session/{}/window", browser.session), &Value::Null));
        let tab = handle(&browser.command("window/new", &json!({ "type": "tab" }))["handle"]);
        browser.command("window", &json!({ "handle": tab }));
        let turn = Self { browser, others, _turn: turn };
        turn.console();
        turn
    }
}

impl std::ops::Deref for Turn<'_> {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        self.browser
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // The next test fails where the driver is gone: nothing can be done here.
        let session = format!("/session/{}/window", self.browser.session);
        let _ = http::ask(self.browser.port, "DELETE", &session, &Value::Null);
        let _ = http::ask(self.browser.port, "POST", &session, &json!({ "handle": self.others }));
    }
}

/// A browser. It ends when no test has it any more.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: PathBuf,
    turn: Mutex<()>,
}

impl Browser {
    /// The browser of the tests that run, or a new one: to start it takes longer than most tests do.
    pub(crate) fn shared(installed: &Installed) -> Arc<Self> {
        static SHARED: Mutex<Weak<Browser>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let browser = Arc::new(Self::start(installed));
            *shared = Arc::downgrade(&browser);
            browser
        })
    }

    /// Starts a driver on a free port, and a browser without any history.
    fn start(installed: &Installed) -> Self {
        let mut driver = Command::new(installed.0.join("chromedriver"))
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/browser.sh has installed it");
        let mut output = BufReader::new(driver.stdout.take().expect("it is piped"));
        let port = port(&mut output);
        // What it says later must not fill the pipe.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let profile = env::temp_dir().join(format!("amqp-rpc-page-{}-{port}", std::process::id()));
        let mut browser = Self { driver, port, session: String::new(), profile, turn: Mutex::new(()) };
        let options = json!({
            "binary": installed.0.join("chromium"),
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1200,900",
                format!("--user-data-dir={}", browser.profile.display()),
            ],
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.ask("POST", "/session", &wanted);
        browser.session = session["sessionId"].as_str().expect("a session has an id").to_owned();
        browser
    }

    pub(crate) fn open(&self, address: &str) {
        self.command("url", &json!({ "url": address }));
    }

    /// What a function body returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a function body gives to the function that is its last argument.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.command("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_for(&self, expression: &str) {
        let begun = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != true {
            assert!(begun.elapsed() < Duration::from_secs(20), "never: {expression}");
        }
    }

    /// Presses and releases keys, one after the other.
    pub(crate) fn press(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": key.to_string() }))
        });
        let actions: Vec<_> = actions.collect();
        self.command("actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// A command of the browser's own protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.command("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// What the page, and the browser about it, wrote to the console since the last time.
    pub(crate) fn console(&self) -> Vec<Value> {
        let entries = self.command("se/log", &json!({ "type": "browser" }));
        entries.as_array().cloned().unwrap_or_default()
    }

    /// Writes a picture of the whole page, if somebody wants to look at it.
    pub(crate) fn screenshot(&self, name: &str) {
        let Some(folder) = env::var_os("AMQP_RPC_TEST_SCREENSHOTS") else { return };
        let parameters = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self
            .command("goog/cdp/execute", &json!({ "cmd": "Page.captureScreenshot", "params": parameters }));
        write_base64(&Path::new(&folder).join(format!("{name}.png")), &taken["data"]);
    }

    /// The page as it is printed, in PDF.
    pub(crate) fn print(&self, name: &str) -> String {
        let printed = self.command("print", &json!({}));
        if let Some(folder) = env::var_os("AMQP_RPC_TEST_SCREENSHOTS") {
            write_base64(&Path::new(&folder).join(format!("{name}.pdf")), &printed);
        }
        printed.as_str().unwrap_or_default().to_owned()
    }

    fn command(&self, command: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{command}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer =
            http::ask(self.port, method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]);
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends the browser. Nothing more can be done where that fails.
        let _ = http::ask(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// `ChromeDriver was started successfully on port 12345.`
fn port(output: &mut impl BufRead) -> u16 {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        let length = output.read_line(&mut line).expect("the driver writes text");
        assert_ne!(length, 0, "the driver has ended: {seen}");
        if let Some((_, port)) = line.trim_end().trim_end_matches('.').split_once("successfully on port ") {
            return port.parse().expect("a port is a number");
        }
        seen.push_str(&line);
    }
}

fn write_base64(path: &Path, text: &Value) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let bytes = STANDARD.decode(text.as_str().unwrap_or_default()).expect("the browser writes base64");
    fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
