//! Runs in namespaces other than the main one: each app in one of its own, over every transport, right and wrong.

use super::faults::Served;
use super::support::{Report, Scratch, done, run};

const LOAD: &str = "[target]\nnamespace = \"/{{app}}\"\napps = [\"demo\", \"other\"]\n[users]\ncount = 24\nsockets_per_user = 2\n[pushes]\nrate = \"150/s\"\nduration = \"2s\"\n[verify]\nsettle = \"4s\"\n[clients.transports]\nwebsocket = 0.4\npolling = 0.3\nupgrade = 0.3\n";

async fn ran(scenario: &str, args: &[&str]) -> (Option<i32>, Report) {
    let scratch = Scratch::new();
    let path = scratch.path("report.json");
    let file = scratch.file("scenario.toml", scenario);
    let mut command = run(&[&file, "--seed", "7", "--json", &path]);
    command.args(args);
    let done = done(command).await;
    (done.code, Report::read(&path))
}

#[tokio::test]
async fn each_app_has_a_namespace_of_its_own_over_every_transport() {
    let (code, report) = ran(LOAD, &["--workers", "2"]).await;
    assert_eq!(code, Some(0), "{}", report.reasons());
    report.adds_up();
    let expected = report.number("/deliveries/expected");
    assert!(expected > 0);
    assert_eq!(report.number("/deliveries/delivered"), expected);
    assert_eq!(report.text("/scenario/plan/target/namespace"), "/{{app}}");
}

#[tokio::test]
async fn what_is_wrong_in_a_namespace_is_found_exactly() {
    let faults = "[platform]\nfaults = \"drop=1/40,duplicate=1/50\"\nfault_seed = 7\n";
    let (code, report) = ran(&format!("{LOAD}{faults}"), &[]).await;
    assert_eq!(code, Some(1), "{}", report.reasons());
    report.adds_up();
    let count = |class: &str| report.number(&format!("/deliveries/{class}"));
    assert!(count("lost") > 0 && count("duplicated") > 0);
    assert_eq!(count("violations"), count("lost") + count("duplicated"));
}

#[tokio::test]
async fn a_namespace_that_the_target_does_not_have_is_named() {
    let served = Served::start("drop=1/1000000000").await;
    let target = format!("http://{}", served.address);
    let args = ["--target", &target, "--set", "target.namespace=/chat"];
    let (code, report) = ran(LOAD, &args).await;
    assert_eq!(code, Some(4), "{}", report.reasons());
    let why = "the target refused the session: Invalid namespace";
    assert!(report.reasons().contains(why), "{}", report.reasons());
}
