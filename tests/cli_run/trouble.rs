//! Targets that are not there, not what they should be, or go away: the run ends, says why, and never passes.

use tokio::net::TcpListener;

use super::support::{Done, Report, Run, SMALL, Scratch, done, pushproof, run};
use super::target::{Logins, Manners, Sockets, Target};

/// A run against this target that cannot come to a verdict, with its report.
async fn unknown(url: &str, args: &[&str]) -> (Done, Report) {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&SMALL[2..]);
    let users = if args.contains(&"--users") {
        &[]
    } else {
        &SMALL[..2]
    };
    command.args(users).args(args);
    command.args(["--target", url, "--json", &path]);
    let done = done(command).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert!(done.stdout.starts_with("UNKNOWN  "), "{done:?}");
    let report = Report::read(&path);
    assert_eq!(report.text("/verdict"), "unknown");
    assert_eq!(report.number("/exit_code"), 4);
    report.adds_up();
    // What the report says stands in the text as well.
    for reason in report.list("/reasons") {
        assert!(
            done.stdout.contains(reason.as_str().expect("text")),
            "{done:?}"
        );
    }
    (done, report)
}

fn says(report: &Report, all: &[&str]) {
    let reasons = report.reasons();
    for what in all {
        assert!(reasons.contains(what), "{what:?} in {reasons:?}");
    }
}

#[tokio::test]
async fn a_target_that_is_not_there_is_named() {
    let unused = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = unused.local_addr().expect("bound").to_string();
    drop(unused);
    let (done, report) = unknown(&format!("http://{address}"), &[]).await;
    says(&report, &[&address, "cannot connect", "refused"]);
    assert!(done.stdout.contains("could not begin"), "{done:?}");
    let (_, report) = unknown("http://no-such-host.invalid:80", &[]).await;
    says(&report, &["no-such-host.invalid"]);
}

#[tokio::test]
async fn a_login_that_fails_says_who_where_and_why() {
    let target = Target::start(Manners::default()).await;
    let (_, report) = unknown(target.url(), &["--app", "nowhere"]).await;
    says(
        &report,
        &[
            "user-0",
            "app nowhere",
            "HTTP 400",
            "User or password incorrect",
        ],
    );
    let (_, report) = unknown(target.url(), &["--app", "demo", "--app", "nowhere"]).await;
    says(&report, &["app nowhere"]);

    let scratch = Scratch::new();
    let scenario = scratch.file("wrong.toml", "[users]\npassword = \"secret-{n}\"\n");
    let (done, report) = unknown(target.url(), &[&scenario]).await;
    says(
        &report,
        &["user-0", "app demo", "User or password incorrect"],
    );
    assert!(
        !format!("{done:?}{report:?}").contains("secret-"),
        "no password in any output"
    );
    assert_eq!(target.pushes().len(), 0);

    let manners = Manners {
        logins: Logins::Html,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let (_, report) = unknown(target.url(), &[]).await;
    says(&report, &["user-0", "session id", "<h1>It works!</h1>"]);
}

/// Many users are refused, each under a name of its own: that is one reason, not hundreds.
#[tokio::test]
async fn users_that_do_not_exist_are_counted_under_one_reason() {
    let manners = Manners {
        logins: Logins::Below(2),
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let (_, report) = unknown(target.url(), &["--users", "100"]).await;
    assert_eq!(report.number("/sockets/connected"), 4);
    assert_eq!(report.number("/sockets/refused"), 96);
    let because = report
        .at("/sockets/refused_because")
        .as_object()
        .expect("an object");
    assert_eq!(because.len(), 1, "{because:?}");
    assert_eq!(
        because
            .values()
            .filter_map(serde_json::Value::as_u64)
            .sum::<u64>(),
        96
    );
    says(
        &report,
        &[
            "96 of 100 sockets",
            "login",
            "user-",
            "HTTP 400",
            "User or password incorrect",
        ],
    );
    // Those who are in are pushed to and judged all the same.
    assert_eq!(report.number("/deliveries/lost"), 0);
    assert!(report.number("/deliveries/delivered") > 0);
}

/// The bounds of the client end each of these; they wait side by side.
#[tokio::test]
async fn a_target_that_never_answers_does_not_hold_the_run() {
    let login = async {
        let manners = Manners {
            logins: Logins::Never,
            ..Manners::default()
        };
        let target = Target::start(manners).await;
        let (_, report) = unknown(target.url(), &[]).await;
        says(
            &report,
            &["login of user-0 in app demo", "no answer within 10s"],
        );
    };
    let accept = async {
        // The system accepts for it; nobody ever reads.
        let mute = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", mute.local_addr().expect("bound"));
        let (_, report) = unknown(&url, &[]).await;
        says(&report, &["no answer within 10s"]);
    };
    let connect = async {
        let manners = Manners {
            sockets: Sockets::Silent,
            ..Manners::default()
        };
        let target = Target::start(manners).await;
        let (_, report) = unknown(target.url(), &[]).await;
        assert_eq!(report.number("/sockets/refused"), 20);
        says(
            &report,
            &["no socket could be connected", "not connected within 15s"],
        );
    };
    tokio::join!(login, accept, connect);
}

#[tokio::test]
async fn sockets_that_are_refused_say_why() {
    let refused = async |sockets: Sockets, words: &[&str]| {
        let manners = Manners {
            sockets,
            ..Manners::default()
        };
        let target = Target::start(manners).await;
        let (_, report) = unknown(target.url(), &[]).await;
        assert_eq!(report.number("/sockets/refused"), 20, "{sockets:?}");
        assert_eq!(report.number("/sockets/connected"), 0, "{sockets:?}");
        assert_eq!(report.number("/pushes/sent"), 0, "{sockets:?}");
        says(&report, &["no socket could be connected"]);
        says(&report, words);
    };
    tokio::join!(
        refused(Sockets::Forbidden, &["HTTP 403", "sockets are for members"]),
        refused(Sockets::Chat, &["does not speak Socket.IO"]),
        refused(Sockets::NotAuthorized, &["not authorized"]),
        refused(Sockets::Version2, &["Socket.IO v2"]),
        refused(Sockets::Closed, &["ended before CONNECT was answered"]),
    );
}

#[tokio::test]
async fn a_target_that_is_killed_in_mid_run_ends_it() {
    let mut serve = Serve::start("0").await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&["-v", "--users", "20", "--rate", "50/s", "--duration", "10m"]);
    command.args(["--target", &serve.url, "--json", &path]);
    let mut run = Run::start(command);
    run.hears(" pushes, ").await;
    serve.child.kill().await.expect("it lives");
    let done = run.end().await;
    assert_eq!(done.code, Some(4), "{done:?}");
    let report = Report::read(&path);
    report.adds_up();
    assert_eq!(report.text("/verdict"), "unknown");
    assert_eq!(report.number("/sockets/connected"), 20);
    assert_eq!(report.number("/sockets/dropped"), 20);
    assert_eq!(report.number("/deliveries/lost"), 0);
    says(
        &report,
        &["the target went away", "20 of 20 sockets were dropped"],
    );
}

/// `pushproof serve`, listening.
pub(crate) struct Serve {
    pub(crate) child: tokio::process::Child,
    pub(crate) url: String,
}

impl Serve {
    pub(crate) async fn start(port: &str) -> Self {
        Self::with(&["--port", port]).await
    }

    pub(crate) async fn with(flags: &[&str]) -> Self {
        use std::process::Stdio;
        use tokio::io::{AsyncBufReadExt as _, BufReader};
        let mut command = pushproof();
        command
            .arg("serve")
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = super::support::within("its address", lines.next_line()).await;
        let line = line.expect("UTF-8").expect("a line");
        let url = line.rsplit(' ').next().expect("an address").to_owned();
        Self { child, url }
    }
}
