//! The program with its pages, and requests to it letter by letter, so that a test can send what no client would.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, sample};
use crate::objects::{SCRIPTS, group, guid, script, to, with_assignments};

/// A name that would do harm where it is taken for markup.
pub const HOSTILE: &str = "<script>window.taken = true</script><img src=x onerror='window.taken = true'>\"{{7*7}}";

/// A folder with the sample tenant's policies, and a hostile one among them, as `tree`; `earlier` lacks nothing but a
/// change of a description.
pub fn folder() -> Env {
    let mut trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let hostile =
        script(77, HOSTILE, "V3JpdGUtT3V0cHV0ICc8L3ByZT48c2NyaXB0PndpbmRvdy50YWtlbiA9IHRydWU8L3NjcmlwdD4nCg==");
    trial.objects[SCRIPTS].as_array_mut().unwrap().push(with_assignments(hostile, &[to(&guid(977))]));
    trial.objects["groups"].as_array_mut().unwrap().push(group(&guid(977), HOSTILE));
    let env = Env::start(vec![trial, empty(PRODUCTION, "Fabrikam Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]);
    env
}

/// The program with its pages.
pub struct Ui {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Where the browser starts.
    pub start: String,
    pub port: u16,
    /// What the first browser has, once it came in.
    pub cookie: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    /// Fails with the whole answer unless it has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The tags of the page without the values of their attributes, which quotation marks end.
    pub fn tags(&self) -> Vec<String> {
        let tags = self.body.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag));
        tags.map(|tag| tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")).collect()
    }

    /// The page as text: no markup, and entities as what they mean.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut inside = false;
        for c in self.body.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => out.push(c),
                _ => {}
            }
        }
        out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }
}

impl Ui {
    /// Starts it in a folder of the place.
    pub fn start(env: &Env, folder: &str) -> Self {
        let command = env.command(&["ui", folder, "--no-browser"]);
        let mut ui = Self::of(command);
        ui.cookie = ui.enters().unwrap();
        ui
    }

    /// The same before any browser came.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let own = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut said = own.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        let begun = Instant::now();
        let start = loop {
            let known = said.lock().unwrap().clone();
            if let Some(line) = known.lines().find(|line| line.trim().starts_with("http://127.0.0.1:")) {
                break line.trim().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "no address: {known}");
            std::thread::sleep(Duration::from_millis(20));
        };
        let port = start.split(['/', ':']).nth(4).unwrap().parse().unwrap();
        Self { child, said, start, port, cookie: String::new() }
    }

    /// The address of the start below the port.
    pub fn start_target(&self) -> String {
        let at = self.start.find("/start").unwrap();
        self.start[at..].to_owned()
    }

    /// A browser opens the start address: its cookie.
    pub fn enters(&self) -> Option<String> {
        let reply = self.send("GET", &self.start_target(), &[("Host", &self.host())], "");
        Some(reply.header("set-cookie")?.split(';').next()?.to_owned())
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// What it said in the terminal so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it said this.
    #[track_caller]
    pub fn says(&self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{words} not in {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks for a page as the browser that came in.
    pub fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &[("Host", &self.host()), ("Cookie", &self.cookie)], "")
    }

    /// Sends exactly this.
    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let lines: String = headers.iter().flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]).collect();
        let length = body.len();
        let request =
            format!("{method} {target} HTTP/1.1\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end: the exit code.
    pub fn ends(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(!self.said().contains("panicked"), "{}", self.said());
    }
}

/// Changes the description of a policy of a tree, and says which file it was.
pub fn change(env: &Env, tree: &str, of: &str, words: &str) -> String {
    let files = env.files(tree);
    let is_one = |name: &&String| name.starts_with(of) && Path::new(name).extension().is_some_and(|it| it == "json");
    let name = files.keys().find(is_one).unwrap().clone();
    let mut policy: serde_json::Value = serde_json::from_slice(&files[&name]).unwrap();
    policy["description"] = json!(words);
    std::fs::write(env.path(tree).join(&name), serde_json::to_string_pretty(&policy).unwrap()).unwrap();
    name
}
