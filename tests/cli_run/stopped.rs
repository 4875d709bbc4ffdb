//! The generator itself is stopped, or starved: whatever it says then, it does not blame the target for its own delay.
//!
//! The pauses in here are no waits for something: they are what is done to the generator.

use std::time::Duration;

use super::support::{Report, Run, Scratch, run};
use super::target::{Harm, Manners, Target};

/// A run whose push of this number is delivered a moment late, so that it arrives while the generator is stopped.
struct Stopped {
    target: Target,
    run: Run,
    scratch: Scratch,
}

impl Stopped {
    async fn start(from: usize) -> Self {
        let manners = Manners {
            harm: Harm::Late(Duration::from_millis(600)),
            from,
            pings: true,
            ..Manners::default()
        };
        let target = Target::start(manners).await;
        let scratch = Scratch::new();
        // What is delivered late is overtaken, and that is the target's doing.
        let scenario = scratch.file("run.toml", "[verify]\nordering = \"none\"\n");
        let mut command = run(&[&scenario, "--users", "6", "--rate", "50/s"]);
        command.args(["--duration", "2s"]);
        command.args(["--deadline", "2s", "--settle", "2s", "--seed", "1"]);
        command.args([
            "--target",
            target.url(),
            "--json",
            &scratch.path("report.json"),
        ]);
        let run = Run::start(command);
        Self {
            target,
            run,
            scratch,
        }
    }

    async fn pause(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// It may pass, or say that it does not know; but nothing was wrong with the target.
    async fn blames_nobody(self) {
        let done = self.run.end().await;
        let report = Report::read(&self.scratch.path("report.json"));
        report.adds_up();
        let context = format!("{done:?} {:#}", report.at("/deliveries"));
        assert!(matches!(done.code, Some(0 | 4)), "{context}");
        assert_ne!(report.text("/verdict"), "fail", "{context}");
        for class in ["lost", "late", "phantom", "duplicated"] {
            let counted = report.number(&format!("/deliveries/{class}"));
            assert_eq!(counted, 0, "{class} {context}");
        }
        let longest = report.number("/generator/loop_delay/max_us");
        assert!(longest > 50_000, "the stop shows: {longest}");
    }
}

#[tokio::test]
async fn stopped_while_pushing_for_longer_than_the_deadline() {
    let stopped = Stopped::start(30).await;
    stopped.target.harms().await;
    stopped.run.signal("STOP");
    stopped.pause(3_500).await;
    stopped.run.signal("CONT");
    stopped.blames_nobody().await;
}

#[tokio::test]
async fn stopped_while_settling_for_longer_than_all_of_it() {
    // The last pushes; what comes late does so while settling.
    let stopped = Stopped::start(96).await;
    stopped.target.harms().await;
    stopped.pause(300).await;
    stopped.run.signal("STOP");
    stopped.pause(6_000).await;
    stopped.run.signal("CONT");
    stopped.blames_nobody().await;
}

#[tokio::test]
async fn starved_of_its_processor() {
    let stopped = Stopped::start(30).await;
    stopped.target.harms().await;
    for _ in 0..15 {
        stopped.run.signal("STOP");
        stopped.pause(250).await;
        stopped.run.signal("CONT");
        stopped.pause(10).await;
    }
    stopped.blames_nobody().await;
}
