//! Users: where they come from, how they get in, and who may not.

use super::support::{Done, Report, SMALL, Scratch, done, run};
use super::target::{Logins, Manners, Target};

/// Twenty users of each app, and a load that takes seconds.
const LOAD: &str = "[pushes]\nrate = \"50/s\"\nduration = \"1s\"\nbroadcast = 0.2\n[verify]\ndeadline = \"4s\"\nsettle = \"4s\"\n";

/// A run of a scenario, with what it reported.
async fn reported(scratch: &Scratch, scenario: &str, args: &[&str]) -> (Done, Report) {
    let path = scratch.path("report.json");
    let scenario = scratch.file("scenario.toml", &format!("{scenario}{LOAD}"));
    let mut command = run(&[&scenario, "--seed", "7", "--json", &path]);
    command.args(args);
    let done = done(command).await;
    assert!(done.code != Some(2), "{done:?}");
    let report = Report::read(&path);
    report.adds_up();
    (done, report)
}

/// What is said of a scenario that cannot be.
async fn refused(scratch: &Scratch, scenario: &str) -> String {
    let scenario = scratch.file("scenario.toml", scenario);
    let done = done(run(&[&scenario])).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    done.stderr
}

#[tokio::test]
async fn a_login_that_meets_429_is_tried_again_when_the_target_says_so() {
    let manners = Manners {
        logins: Logins::Later,
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&SMALL);
    command.args(["--target", target.url(), "--seed", "7", "--json", &path]);
    command.args(["--set", "target.login.backoff=1ms"]);
    let done = done(command).await;
    let report = Report::read(&path);
    assert_eq!(done.code, Some(0), "{done:?}");
    // The first user of each of the two apps has asked before the run.
    assert_eq!(report.number("/logins/attempted"), 20 + 18);
    assert_eq!(report.number("/logins/retried"), 18);
    assert_eq!(report.number("/logins/failed"), 0);
    assert_eq!(report.number("/latency/login/count"), 20);
    assert_eq!(report.number("/latency/login_attempt/count"), 38);
    // What the target asked for was waited for, and is not hidden.
    assert!(report.number("/latency/login/p50_us") >= 1_000_000);
    assert!(
        done.stdout
            .contains("38 requests · 18 of them retries · 0 logins failed"),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_target_whose_logins_are_down_is_tried_again_and_named() {
    let manners = Manners {
        logins: Logins::DownFrom(2),
        ..Manners::default()
    };
    let target = Target::start(manners).await;
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run(&SMALL);
    command.args(["--target", target.url(), "--seed", "7", "--json", &path]);
    command.args([
        "--set",
        "target.login.backoff=1ms",
        "--set",
        "target.login.retries=2",
    ]);
    command.args(["--set", "users.login_rate=500/s"]);
    let done = done(command).await;
    let report = Report::read(&path);
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(report.number("/sockets/connected"), 4);
    assert_eq!(report.number("/logins/attempted"), 4 + 16 * 3);
    assert_eq!(report.number("/logins/retried"), 16 * 2);
    assert_eq!(report.number("/logins/failed"), 16);
    let reasons = report.reasons();
    assert!(
        reasons
            .contains("16 of 20 sockets could not be connected: login was refused: HTTP 503: down"),
        "{reasons}"
    );
}

fn listed(users: u32) -> String {
    let rows = (0..users)
        .map(|n| format!("user-{n},password-{n},demo,red-{n}\nuser-{n},password-{n},other,\n"));
    format!("name,password,app,tenant\n{}", rows.collect::<String>())
}

#[tokio::test]
async fn users_of_a_file_log_in_in_one_process_and_in_several() {
    let scratch = Scratch::new();
    scratch.file("users.csv", &listed(20));
    for args in [&[][..], &["--workers", "2"]] {
        let scenario = "[users]\nfile = \"users.csv\"\n[target.connect]\nquery = { tenant = \"{{user.tenant}}\" }\n";
        let (done, report) = reported(&scratch, scenario, args).await;
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(report.number("/sockets/connected"), 40);
        assert_eq!(report.number("/logins/attempted"), 40);
        let users = report.at("/scenario/plan/users");
        assert_eq!(
            (&users["file"], &users["list"][3]),
            (&"users.csv".into(), &"user-1".into())
        );
        assert!(!report.0.to_string().contains("password-"), "{users}");
    }
}

#[tokio::test]
async fn users_of_a_command_log_in() {
    let scratch = Scratch::new();
    scratch.file("make", "for n in 0 1 2 3; do echo '{\"name\":\"user-'$n'\",\"password\":\"password-'$n'\"}'; done\n");
    let scenario =
        "[target]\napps = [\"demo\"]\n[users]\ncommand = [\"sh\", \"make\", \"s3cret\"]\n";
    let (done, report) = reported(&scratch, scenario, &["--users", "3"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(report.number("/sockets/connected"), 3);
    let command = &report.at("/scenario/plan/users")["command"];
    assert_eq!(command, &serde_json::json!(["sh", "…"]));
}

#[tokio::test]
async fn a_list_that_is_wrong_is_told_with_its_place() {
    let scratch = Scratch::new();
    scratch.file("users.csv", "name,password\nann,s3cret\nbob,s3cret,1\n");
    let file = "[target]\napps = [\"demo\"]\n[users]\nfile = \"users.csv\"\n";
    let said = refused(&scratch, file).await;
    assert!(said.contains("users.csv line 3: 3 values"), "{said}");
    assert!(
        said.contains("scenario.toml:4:8") && !said.contains("s3cret"),
        "{said}"
    );
    scratch.file("users.csv", "name,app\nann,demo\nbob,demo\nann,demo\n");
    let said = refused(&scratch, file).await;
    assert!(
        said.contains("users.csv line 4: \"ann\" is listed already, at users.csv line 2"),
        "{said}"
    );
    scratch.file("users.csv", "name,app\nann,demo\nbob,nowhere\n");
    let said = refused(&scratch, file).await;
    assert!(
        said.contains("users.csv line 3: there is no app \"nowhere\""),
        "{said}"
    );
    scratch.file("users.csv", "name\nann\nbob\n");
    let said = refused(&scratch, &format!("{file}count = 5\n")).await;
    assert!(
        said.contains("5 users are asked for") && said.contains("2 of the 2 listed"),
        "{said}"
    );
    let said = refused(
        &scratch,
        &format!("{file}[target.connect]\nquery = {{ t = \"{{{{user.tenant}}}}\" }}\n"),
    )
    .await;
    assert!(said.contains("there is no {{user.tenant}}"), "{said}");
    let said = refused(&scratch, "[users]\nfile = \"no-such.csv\"\n").await;
    assert!(
        said.contains("no-such.csv") && said.contains("No such file"),
        "{said}"
    );
    let said = refused(
        &scratch,
        "[users]\ncommand = [\"sh\", \"-c\", \"echo no users today >&2; exit 3\"]\n",
    )
    .await;
    assert!(
        said.contains("sh failed (exit status: 3); it says: no users today"),
        "{said}"
    );
    scratch.file(
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n",
    );
    let said = refused(
        &scratch,
        "[users.jwt]\nalgorithm = \"RS256\"\nkey = \"key.pem\"\n",
    )
    .await;
    assert!(
        said.contains("it has no private RSA key in PEM") && !said.contains("s3cret"),
        "{said}"
    );
}

/// Two of the twenty users of each app, with two sockets each.
fn bad(kind: &str) -> String {
    format!(
        "[users]\ncount = 40\nsockets_per_user = 2\n[users.refused]\nshare = 0.1\nkind = \"{kind}\"\n"
    )
}

#[tokio::test]
async fn who_has_logged_out_or_never_logged_in_is_refused() {
    let scratch = Scratch::new();
    for (kind, args) in [("revoked", &[][..]), ("invalid", &["--workers", "2"])] {
        let (done, report) = reported(&scratch, &bad(kind), args).await;
        assert_eq!(done.code, Some(0), "{kind}: {done:?}");
        assert_eq!(report.number("/sockets/wanted"), 72);
        assert_eq!(report.number("/sockets/connected"), 72);
        assert_eq!(report.text("/must_refuse/kind"), kind);
        for (count, n) in [
            ("sockets", 8),
            ("refused", 8),
            ("let_in", 0),
            ("untried", 0),
        ] {
            assert_eq!(
                report.number(&format!("/must_refuse/{count}")),
                n,
                "{kind} {count}"
            );
        }
        let because = report.at("/must_refuse/refused_because");
        assert_eq!(because["the target refused the session: not authorized"], 8);
        assert!(
            done.stdout.contains(&format!(
                "8 of 8 sockets with {kind} credentials refused · 0 let in"
            )),
            "{done:?}"
        );
    }
}

/// A logout that does nothing: the sessions of those who have logged out are as good as before.
#[tokio::test]
async fn a_target_that_lets_in_who_has_logged_out_fails() {
    let scratch = Scratch::new();
    let scenario = format!(
        "{}[target.logout]\npath = \"/good/api/v4/auth/check?appID={{{{app}}}}&sessionID={{{{session}}}}\"\n",
        bad("revoked")
    );
    let journal = scratch.path("journal");
    let (done, report) = reported(&scratch, &scenario, &["--journal", &journal]).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_eq!(report.number("/must_refuse/let_in"), 8);
    assert_eq!(report.number("/must_refuse/refused"), 0);
    let reasons = report.reasons();
    assert!(
        reasons.contains("8 of 8 sockets with revoked credentials were let in"),
        "{reasons}"
    );
    // Each gets what is for everyone of its app, and what is for its user: none of that is for it.
    assert!(report.number("/deliveries/misdelivered") > 0);
    assert_eq!(
        report.number("/deliveries/violations"),
        report.number("/deliveries/misdelivered")
    );
    assert_eq!(
        report.number("/deliveries/delivered"),
        report.number("/deliveries/expected")
    );
    let example = &report.list("/violations")[0];
    assert!(
        example["app"] == "demo" || example["app"] == "other",
        "{example}"
    );
    // The journal comes to the same.
    let mut verify = super::support::pushproof();
    verify.args(["verify", &journal]);
    let verified = super::support::done(verify).await;
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(!verified.stderr.contains("differ"), "{verified:?}");
}

#[tokio::test]
async fn a_logout_that_fails_proves_nothing() {
    let scratch = Scratch::new();
    let scenario = format!(
        "{}[target.logout]\npath = \"/no/such/call\"\n",
        bad("revoked")
    );
    let (done, report) = reported(&scratch, &scenario, &[]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(report.number("/must_refuse/untried"), 8);
    let reasons = report.reasons();
    assert!(reasons.contains("of 8 of 8 sockets with revoked credentials it is not known whether the target refuses them: logout was refused: HTTP 404"), "{reasons}");
}

/// A short schedule leaves a rare name out with any seed, and as many are drawn as ever are: the program that lists the users has no part
/// in that.
#[tokio::test]
async fn the_command_runs_once_however_many_seeds_are_drawn() {
    let scratch = Scratch::new();
    let count = scratch.path("count");
    let make =
        format!("echo started >> '{count}'; echo '{{\"name\":\"a\"}}'; echo '{{\"name\":\"b\"}}'");
    let make = scratch.file("make", &make);
    let scenario = format!(
        "[target]\napps = [\"demo\"]\n[users]\ncommand = [\"sh\", {make:?}]\n[pushes]\nrate = \"10/s\"\nduration = \"1s\"\n\
         events = [{{ name = \"often\", weight = 1000000 }}, \"never\"]\n"
    );
    let scenario = scratch.file("scenario.toml", &scenario);
    let done = done(run(&[&scenario, "--dry-run"])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let started = std::fs::read_to_string(&count).expect("it was started");
    assert_eq!(started, "started\n");
}

/// Users are pushed at by what the list calls their accounts, and everyone by a path of its own, with and without a payload.
#[tokio::test]
async fn pushes_are_aimed_by_a_column_of_the_list() {
    let scratch = Scratch::new();
    let rows = (0..20).map(|n| format!("name-{n},user-{n},password-{n},t0p-{n}\n"));
    let list = format!("name,login,password,pin\n{}", rows.collect::<String>());
    scratch.file("users.csv", &list);
    let scenario = r#"
[target]
apps = ["demo"]
[target.login]
body = '{"provider":"rest","username":"{{user.login}}","password":"{{password}}"}'
[target.trigger]
body = '{"userID":"{{user.login}}","eventName":"{{event}}","message":{{message}}}'
broadcast_body = '{"userID":"*","eventName":"{{event}}","message":{{message}}}'
[users]
file = "users.csv"
"#;
    let (done, report) = reported(&scratch, scenario, &[]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(report.number("/pushes/accepted"), 50);
    assert_eq!(report.number("/deliveries/violations"), 0);
    let expected = report.number("/deliveries/expected");
    assert_eq!(report.number("/deliveries/delivered"), expected);
    let broadcasts = (expected - 50) / 19;
    assert!(broadcasts > 0, "some were for everyone");
    assert_eq!(expected, 50 + 19 * broadcasts);
    let told = report.0.to_string() + &done.stdout + &done.stderr;
    assert!(
        !told.contains("t0p-") && !told.contains("\"user-3\""),
        "{told}"
    );
}

#[tokio::test]
async fn a_column_that_a_push_may_not_have_is_told_before_the_run() {
    let scratch = Scratch::new();
    scratch.file("users.csv", "name,room\nann,1\nbob,2\nzoe,\n");
    let users = "[users]\nfile = \"users.csv\"\n";
    let at_one = format!("{users}[pushes]\nbroadcast = 0.0\n");
    let command =
        "[[target.triggers]]\nkind = \"command\"\ncommand = [\"push\", \"{{user.room}}\"]\n";
    let path = "[target]\napps = [\"demo\"]\n[target.trigger]\npath = \"/{{user.room}}\"\nbody = '{{message}}'\n";
    for (scenario, says) in [
        (
            format!("{path}{users}"),
            "target.trigger.path: a push at everyone has no {{user.room}}; write broadcast_path for those, or ask for none: pushes.broadcast = 0",
        ),
        (
            format!("{command}{users}"),
            "target.triggers: entry 1: command: a push at everyone has no {{user.room}}; ask for none: pushes.broadcast = 0",
        ),
        (
            format!("{path}{at_one}"),
            "target.trigger.path: users.csv line 4: the user has no room, and pushes at it are asked for with {{user.room}}",
        ),
        (
            format!("{path}{at_one}absent = 0.1\n"),
            "target.trigger.path: no list has a {{user.room}} of absent users",
        ),
        (
            format!("{}{at_one}", path.replace("room", "rom")),
            "target.trigger.path: there is no {{user.rom}}; the users have room",
        ),
    ] {
        let said = refused(&scratch, &scenario).await;
        assert!(said.contains(says), "{said}");
    }
}
