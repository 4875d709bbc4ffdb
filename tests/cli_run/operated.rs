//! `pushproof conform --destructive`: a target that is ended and brought back, by the suite itself or by commands of its file.

use serde_json::Value;

use crate::support::{Scratch, done, pushproof};

/// The outcome of each case, by id.
fn outcomes(report: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(report).unwrap_or_else(|e| panic!("{e}: {report}"));
    let cases = report["cases"].as_array().expect("cases").iter();
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    cases
        .map(|case| (word(&case["id"]), word(&case["outcome"])))
        .collect()
}

#[tokio::test]
async fn the_embedded_platform_is_ended_and_comes_back() {
    const ALL: &str = "LV-14,RC-13,MN-08,MN-09,HS-01";
    let mut command = pushproof();
    command.args(["conform", "--destructive", "--json", "-", "--case", ALL]);
    let finished = done(command).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let passed = |id: &str| (id.to_owned(), "pass".to_owned());
    let due = ["HS-01", "LV-14", "RC-13", "MN-08", "MN-09"].map(passed);
    assert_eq!(outcomes(&finished.stdout), due);

    let mut command = pushproof();
    command.args(["conform", "--json", "-", "--case", "LV-14"]);
    let finished = done(command).await;
    assert_eq!(
        outcomes(&finished.stdout),
        [("LV-14".to_owned(), "skip".to_owned())]
    );
    assert!(
        finished.stdout.contains("--destructive tries it"),
        "{}",
        finished.stdout
    );
}

/// `pushproof serve` as somebody's scripts start and stop it. Whatever becomes of the test, they stop it.
struct Scripts {
    scratch: Scratch,
    port: u16,
}

impl Scripts {
    fn new() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("it is bound").port();
        let scratch = Scratch::new();
        let pid = scratch.path("pid");
        let serve = env!("CARGO_BIN_EXE_pushproof");
        scratch.file(
            "up.sh",
            &format!("[ -e '{pid}' ] || {{ '{serve}' serve --port {port} </dev/null >/dev/null 2>&1 & echo $! >'{pid}'; }}\n"),
        );
        // Whoever reaps it may take their time: a process that has ended is waited for no longer than a while.
        scratch.file(
            "down.sh",
            &format!(
                "p=$(cat '{pid}') || exit 0\nrm '{pid}'\nkill $p\nn=0\n\
                 while kill -0 $p 2>/dev/null && [ $n -lt 60 ]; do sleep 0.05; n=$((n + 1)); done\n"
            ),
        );
        Self { scratch, port }
    }

    fn run(&self, name: &str) {
        let status = std::process::Command::new("sh")
            .arg(self.scratch.path(name))
            .status();
        assert!(status.expect("sh").success(), "{name}");
    }

    /// A file of the target, with another way to stop it, if there is one.
    fn target(&self, stop: Option<&str>) -> String {
        let (up, down) = (self.scratch.path("up.sh"), self.scratch.path("down.sh"));
        let stop = stop.map_or_else(|| format!("[\"sh\", \"{down}\"]"), str::to_owned);
        let file = format!(
            "[target]\nurl = \"http://127.0.0.1:{}\"\n[conformance.operate]\nstart = [\"sh\", \"{up}\"]\nstop = {stop}\n",
            self.port
        );
        self.scratch.file("target.toml", &file)
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        self.run("down.sh");
    }
}

#[tokio::test]
async fn a_target_is_ended_by_the_commands_of_its_file() {
    let scripts = Scripts::new();
    scripts.run("up.sh");
    until_it_listens(scripts.port).await;
    let tried = async |file: &str| {
        let mut command = pushproof();
        command.args(["conform", "--destructive", "--json", "-", "--case", "LV-14"]);
        command.args(["--target", file]);
        done(command).await
    };
    let finished = tried(&scripts.target(None)).await;
    let came = outcomes(&finished.stdout);
    assert_eq!(
        came,
        [("LV-14".to_owned(), "pass".to_owned())],
        "{finished:?}"
    );

    // A command that fails leaves the case without a result, and says so.
    let finished = tried(&scripts.target(Some("[\"sh\", \"-c\", \"exit 3\"]"))).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let says = "conformance.operate.stop: sh ended with exit status: 3";
    assert!(finished.stdout.contains(says), "{}", finished.stdout);
}

async fn until_it_listens(port: u16) {
    crate::support::within("the platform to listen", async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
