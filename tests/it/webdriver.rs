//! A real browser for tests: headless Chromium, driven over WebDriver. Where `chromium` and `chromedriver` (Debian:
//! `apt install chromium chromium-driver`) are not there, a test says so and is skipped.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

/// The driver, in a process group of its own with the browsers that it starts: whatever becomes of a test, the whole
/// group ends with it.
struct Driver {
    process: Child,
}

impl Driver {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Self { process: command.spawn().unwrap() }
    }

    /// Where it listens.
    fn port(&mut self) -> u16 {
        let lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok())
            .unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        #[cfg(unix)]
        let _ =
            Command::new("kill").args(["-9", "--", &format!("-{}", self.process.id())]).stderr(Stdio::null()).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser with one window. The driver goes before the profile that its browser writes to.
pub struct Browser {
    _driver: Driver,
    pub runtime: tokio::runtime::Runtime,
    pub client: reqwest::Client,
    pub session: String,
    pub profile: tempfile::TempDir,
}

impl Browser {
    /// None where there is no browser.
    pub fn start() -> Option<Self> {
        let found = |name: &str| {
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        };
        if !(found("chromium") && found("chromedriver")) {
            println!("skipped: there is no chromium with its chromedriver");
            return None;
        }
        let mut driver = Driver::start();
        let port = driver.port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap();
        let profile = tempfile::tempdir().unwrap();
        let mut browser =
            Self { _driver: driver, runtime, client, session: format!("http://127.0.0.1:{port}/session"), profile };
        let data = format!("--user-data-dir={}", browser.profile.path().display());
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-prefers-reduced-motion",
            &data,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": args}}}});
        let session = browser.post("", &wanted);
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("{session}"));
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.client.post(format!("{}{path}", self.session)).json(body);
        let answer: Value = self.runtime.block_on(async { request.send().await.unwrap().json().await.unwrap() });
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    pub fn open(&self, file: &Path) {
        self.go(&format!("file://{}", file.display()));
    }

    /// Opens an address, as a person who types it.
    pub fn go(&self, address: &str) {
        self.post("/url", &json!({"url": address}));
    }

    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// What a script says in the end, or after ten seconds.
    pub fn becomes(&self, script: &str, wanted: &Value) {
        let mut said = Value::Null;
        for _ in 0..200 {
            said = self.run(script);
            if said == *wanted {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{script}: {said} and not {wanted}");
    }

    pub fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": params}))
    }

    pub fn picture(&self, file: &Path, width: u32, height: u32, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let picture = self.devtools("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}

impl Browser {
    /// Ends the browser; its profile stays until this is dropped.
    pub fn quit(&self) {
        let quit = self.client.delete(&self.session).timeout(Duration::from_secs(5));
        let _ = self.runtime.block_on(async { quit.send().await });
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.quit();
    }
}
