//! Chromium, driven as a person would use it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::free_port;

/// Chromium with a driver of its own; both end with it.
pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    /// What Chromium keeps; its processes are told by it.
    profile: TempDir,
}

/// Makes pages see another preference of the person.
#[derive(Debug)]
struct Prefer(&'static str);

impl WebDriverCompatibleCommand for Prefer {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let features = json!([{"name": "prefers-color-scheme", "value": self.0}]);
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
        (http::Method::POST, Some(command.to_string()))
    }
}

/// What the page's console has said since the last look.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}

impl Browser {
    pub(crate) async fn start() -> Self {
        Self::start_with(&json!({})).await
    }

    /// With settings of Chromium.
    pub(crate) async fn start_with(preferences: &Value) -> Self {
        let (port, profile) = (free_port(), tempfile::tempdir().unwrap());
        let kept = format!("--user-data-dir={}", profile.path().display());
        let mut command = Command::new("chromedriver");
        let command = command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = command.spawn().expect("chromedriver is not there; `./test` installs it");
        let capabilities = json!({
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server", kept],
                "prefs": preferences,
            },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let deadline = Instant::now() + Duration::from_mins(1);
        let address = format!("http://127.0.0.1:{port}");
        let client = loop {
            match builder.connect(&address).await {
                Ok(client) => break client,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        Self { client, driver, profile }
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The theme that the person's system has.
    pub(crate) async fn prefer(&self, theme: &'static str) {
        self.client.issue_cmd(Prefer(theme)).await.unwrap();
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The text that a person sees.
    pub(crate) async fn text(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''").await.as_str().unwrap().to_owned()
    }

    /// Waits until a person sees this.
    pub(crate) async fn until_seen(&self, wanted: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let text = self.text().await;
            if text.contains(wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "{wanted:?} is not in {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Presses a button, and waits for the page that follows.
    pub(crate) async fn choose(&self, selector: &str, pressed: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
        self.client.wait().at_most(Duration::from_secs(30)).for_element(Locator::Css(pressed)).await.unwrap();
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Tells of errors, and of what the page's policy kept from loading.
    pub(crate) async fn assert_no_complaint(&self) {
        let said = self.client.issue_cmd(Console).await.unwrap();
        assert_eq!(said, json!([]));
    }

    /// Leaves aside what was said so far.
    pub(crate) async fn forget_complaints(&self) {
        self.client.issue_cmd(Console).await.unwrap();
    }

    pub(crate) async fn stop(mut self) {
        self.client.clone().close().await.unwrap();
        self.end();
    }

    fn end(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // A driver that is killed leaves its browser behind.
        let _ = Command::new("pkill").args(["-KILL", "-f"]).arg(self.profile.path()).status();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.end();
    }
}
