//! The second driver: what it sees, what it is not asked for, and its opinion beside the first one's.

use super::faults::exact_by;
use super::support::{Done, Report, Scratch, done, run, run_second};
use super::target::{Death, Harm, Manners, Sockets, Target};

const QUICK: [&str; 10] = [
    "--users",
    "16",
    "--rate",
    "50/s",
    "--duration",
    "1s",
    "--deadline",
    "2s",
    "--settle",
    "2s",
];

/// A command's exit code and what it said of a mistake.
async fn refused(scenario: &str, driver: &str) -> (Option<i32>, String) {
    let scratch = Scratch::new();
    let file = scratch.file("scenario.toml", scenario);
    let done = done(run(&[&file, "--driver", driver])).await;
    (done.code, done.stderr)
}

#[tokio::test]
async fn what_the_second_driver_cannot_do_is_refused_before_anything_begins() {
    for (scenario, key, says) in [
        (
            "[clients]\ntransport = \"polling\"\n",
            "clients.transport",
            "when it polls",
        ),
        (
            "[clients.transports]\nwebsocket = 0.5\nupgrade = 0.5\n",
            "clients.transports",
            "when it polls",
        ),
        (
            "[target]\nurl = \"https://127.0.0.1:1\"\n",
            "target.url",
            "take the driver lean for https://",
        ),
        (
            "[churn]\nrate = \"5/s\"\n",
            "churn",
            "cannot end a connection",
        ),
        (
            "[requests]\nrate = \"5/s\"\n",
            "requests",
            "keeps the ids of acks to itself",
        ),
        (
            "[generator]\nsource_addrs = [\"127.0.0.2\"]\n",
            "generator.source_addrs",
            "lets the system choose",
        ),
        (
            "[pushes]\nevents = [\"alert\", \"Error\"]\n",
            "pushes.events",
            "takes \"Error\" for a word of its own",
        ),
    ] {
        for driver in ["rust_socketio", "both"] {
            let (code, said) = refused(scenario, driver).await;
            assert_eq!(code, Some(2), "{driver}: {said}");
            assert!(
                said.contains(key) && said.contains(says),
                "{driver}: {said}"
            );
        }
    }
}

#[tokio::test]
async fn drivers_that_are_none_are_told() {
    let (code, said) = refused("", "rust-socketio").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("write lean, rust_socketio or both"), "{said}");
}

#[tokio::test]
async fn a_build_without_it_says_how_to_get_one_with_it() {
    for driver in ["rust_socketio", "both"] {
        let (code, said) = refused("", driver).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("--features rust_socketio"), "{said}");
        assert!(said.contains("libssl-dev"), "{said}");
    }
}

async fn made(args: &[&str]) -> (Done, Report) {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let mut command = run_second(&QUICK);
    command.args(["--seed", "7", "--json", &path]).args(args);
    let done = done(command).await;
    (done, Report::read(&path))
}

#[tokio::test]
#[ignore = "needs a build with all features: run ci/check (or ci/all-features, then cargo test -- --ignored)"]
async fn a_clean_run_passes_and_says_what_it_cannot_measure() {
    let (done, report) = made(&["--driver", "rust_socketio"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    report.adds_up();
    let expected = report.number("/deliveries/expected");
    assert!(expected > 50);
    assert_eq!(report.number("/deliveries/delivered"), expected);
    assert_eq!(report.number("/deliveries/violations"), 0);
    assert_eq!(
        report.text("/scenario/plan/clients/driver"),
        "rust_socketio"
    );
    let why = "no receive time stamps: the driver rust_socketio gives none";
    assert_eq!(report.text("/generator/unstamped"), why);
    assert!(report.at("/second_opinion").is_null());
}

/// Two drivers that share no line count the same faults.
#[tokio::test]
#[ignore = "needs a build with all features: run ci/check (or ci/all-features, then cargo test -- --ignored)"]
async fn what_comes_wrong_is_counted_exactly() {
    let load = "[users]\ncount = 24\nsockets_per_user = 2\n[pushes]\nrate = \"100/s\"\nduration = \"2s\"\n\
        events = [\"alert\", \"refresh\"]\n[verify]\nsettle = \"4s\"\n[clients]\ndriver = \"rust_socketio\"\n";
    let faults = "duplicate=1/50,wrong-user=1/60,wrong-app=1/90,rename-case=1/80,corrupt-digit=1/110,\
        corrupt-type=1/120,corrupt-unicode=1/50,corrupt-key=1/60,phantom=1/100,premature=1/10,reorder=1/60";
    let (_, report) = exact_by(run_second, faults, load).await;
    assert_eq!(
        report.text("/scenario/plan/clients/driver"),
        "rust_socketio"
    );
}

#[tokio::test]
#[ignore = "needs a build with all features: run ci/check (or ci/all-features, then cargo test -- --ignored)"]
async fn both_agree_on_a_clean_target_and_on_a_wrong_one() {
    let (done, report) = made(&["--driver", "both"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(
        done.stdout.contains("rust_socketio agrees: PASS"),
        "{done:?}"
    );
    assert_eq!(report.at("/second_opinion/agrees"), true);
    assert!(report.list("/second_opinion/differences").is_empty());
    assert_eq!(report.text("/second_opinion/report/verdict"), "pass");
    for place in [
        "/deliveries/delivered",
        "/deliveries/expected",
        "/pushes/accepted",
    ] {
        let second = report.number(&format!("/second_opinion/report{place}"));
        assert_eq!(report.number(place), second, "{place}");
    }

    let (done, report) = made(&[
        "--driver",
        "both",
        "--set",
        "platform.faults=\"duplicate=1/10\"",
    ])
    .await;
    assert_eq!(done.code, Some(1), "{done:?}");
    let duplicated = report.number("/deliveries/duplicated");
    assert!(duplicated > 0);
    let second = report.number("/second_opinion/report/deliveries/duplicated");
    assert_eq!(duplicated, second);
    assert_eq!(report.at("/second_opinion/agrees"), true);
}

#[tokio::test]
#[ignore = "needs a build with all features: run ci/check (or ci/all-features, then cargo test -- --ignored)"]
async fn a_refusal_is_told_with_its_words() {
    let target = Target::start(Manners {
        sockets: Sockets::NotAuthorized,
        ..Manners::default()
    })
    .await;
    let (done, report) = made(&["--driver", "rust_socketio", "--target", target.url()]).await;
    assert_eq!(done.code, Some(4), "{done:?}");
    assert_eq!(report.number("/sockets/refused"), 16);
    let why = report.at("/sockets/refused_because").to_string();
    assert!(why.contains("the target refused the session"), "{why}");
}

/// A connection that ends is noticed, told and made anew: the library does neither by itself.
#[tokio::test]
#[ignore = "needs a build with all features: run ci/check (or ci/all-features, then cargo test -- --ignored)"]
async fn a_connection_that_ends_comes_back() {
    for (death, cause) in [(Death::Cut, "network"), (Death::Kick, "kick")] {
        let target = Target::start(Manners {
            harm: Harm::Die(death),
            from: 10,
            pings: true,
            ..Manners::default()
        })
        .await;
        let args = ["--driver", "rust_socketio", "--target", target.url()];
        let (done, report) = made(&args).await;
        let context = format!("{done:?} {:#}", report.at("/sockets"));
        assert_eq!(done.code, Some(4), "{context}");
        let died = report.number(&format!("/sockets/dropped_by_cause/{cause}"));
        assert_eq!(died, 1, "{context}");
        assert_eq!(report.number("/sockets/reconnected"), 1, "{context}");
        assert_eq!(report.number("/deliveries/violations"), 0, "{context}");
    }
}
