//! A run while it goes on: what its snapshots say, and that the last one says what its summary does.

use std::sync::Arc;
use std::time::Duration;

use pushproof::journal::{self, Journal, Pen, Playback};
use pushproof::measure::Latency;
use pushproof::platform::{AppConfig, FaultConfig, Platform, PlatformConfig};
use pushproof::report::snapshot::Saved;
use pushproof::run::{self, Command, Order};
use pushproof::scenario::{Plan, file::File};
use pushproof::summary::live::{Part, PartKind};
use pushproof::summary::{Second, Snapshot, Standing, Summary, Target};
use pushproof::verify::Class;
use tokio::sync::{mpsc, watch};

/// Longer than any of these runs takes on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

async fn platform(faults: &[&str]) -> Platform {
    let config = PlatformConfig {
        apps: ["a", "b"].map(AppConfig::named).to_vec(),
        faults: FaultConfig {
            rates: faults
                .iter()
                .map(|rate| rate.parse().expect("a rate"))
                .collect(),
            seed: 5,
            ..FaultConfig::default()
        },
        ..PlatformConfig::default()
    };
    let any = "127.0.0.1:0".parse().expect("an address");
    Platform::start(any, config).await.expect("a platform")
}

/// A run of 40 sockets in two apps against this platform.
struct Running {
    summary: tokio::task::JoinHandle<Option<Summary>>,
    snapshots: watch::Receiver<Snapshot>,
    commands: mpsc::Sender<Command>,
    _interrupts: mpsc::Sender<()>,
}

impl Running {
    fn start(platform: &Platform, more: &str) -> Self {
        Self::with_journal(platform, more, None)
    }

    fn with_journal(platform: &Platform, more: &str, journal: Option<Pen>) -> Self {
        let text = format!(
            "seed = 7\n[target]\nurl = \"http://{}\"\napps = [\"a\", \"b\"]\n\
             [users]\ncount = 20\nsockets_per_user = 2\n\
             [verify]\ndeadline = \"2s\"\nsettle = \"2s\"\n{more}",
            platform.address()
        );
        let plan = Plan::from_file(&File::parse(&text).expect("a scenario"), 1).expect("a plan");
        let (watcher, snapshots) = watch::channel(Snapshot::default());
        let (interrupt, interrupts) = mpsc::channel(8);
        let (commands, commanded) = mpsc::channel(8);
        let order = Order {
            scenario: "live".to_owned(),
            target: Target::of(&plan),
            plan,
            measuring: None,
            interrupts,
            watcher,
            commands: Some(commanded),
            journal,
        };
        Self {
            summary: tokio::spawn(async move { Box::pin(run::run(order)).await }),
            snapshots,
            commands,
            _interrupts: interrupt,
        }
    }

    /// Waits for a snapshot of which this is true.
    async fn until(&mut self, what: &str, is: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let seen = tokio::time::timeout(BOUND, self.snapshots.wait_for(is)).await;
        let seen = seen.unwrap_or_else(|_| panic!("waited for {what}"));
        seen.expect("the run goes on").clone()
    }

    /// Every snapshot, the last one after the end of the run, and what the run came to.
    async fn watched(mut self) -> (Vec<Snapshot>, Summary) {
        let mut all = Vec::new();
        let watching = async {
            while self.snapshots.changed().await.is_ok() {
                all.push(self.snapshots.borrow_and_update().clone());
            }
        };
        let watching = tokio::time::timeout(BOUND, watching).await;
        watching.expect("the run ends");
        let summary = self.summary.await.expect("it does not fail");
        (all, summary.expect("it was not killed"))
    }
}

fn part<'a>(snapshot: &'a Snapshot, kind: PartKind, name: &str) -> &'a Part {
    let mut parts = snapshot.parts.iter();
    let found = parts.find(|part| part.kind == kind && part.name == name);
    found.unwrap_or_else(|| panic!("no {kind:?} {name} in {:?}", snapshot.parts))
}

fn figures(latency: &Latency) -> (u64, Option<u64>, Option<u64>) {
    (latency.count(), latency.quantile_us(0.5), latency.max_us())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_snapshots_of_a_clean_run_come_to_its_summary() {
    let platform = platform(&[]).await;
    let more = "[pushes]\nrate = \"50/s\"\nduration = \"3s\"\nbroadcast = 0.5\nevents = [\"news\", \"mail\"]\n";
    let (all, summary) = Running::start(&platform, more).watched().await;
    platform.stop().await;
    let expected = summary.findings.counts.expected;
    assert_eq!(summary.findings.counts.violations(), 0);

    // While it goes on.
    let phases: Vec<_> = all.iter().map(|snapshot| snapshot.phase).collect();
    for phase in ["pushing", "settling", "over"] {
        assert!(phases.contains(&phase), "{phase}: {phases:?}");
    }
    let pushing = all.iter().filter(|snapshot| snapshot.phase == "pushing");
    for snapshot in pushing {
        assert_eq!(snapshot.rate, Some(50.0));
        assert!(
            snapshot
                .phase_left
                .is_some_and(|left| left <= Duration::from_secs(3))
        );
        assert_eq!(snapshot.about.seed, 7);
    }
    let last = all.iter().rev().find(|snapshot| snapshot.ended.is_none());
    let last = last.expect("a snapshot of the run");
    assert_eq!(last.phase, "settling");
    assert_eq!(last.so_far().standing, Standing::Ok);
    assert_eq!(
        (last.sockets, last.pushes),
        (summary.sockets, summary.pushes)
    );
    // All had come by then, and nobody had dropped: what was expected is what judging expects.
    let of_seconds = |of: fn(&pushproof::summary::Second) -> u64| -> u64 {
        summary.timeline.iter().map(of).sum()
    };
    assert_eq!(of_seconds(|second| second.expected.unwrap_or(0)), expected);
    assert_eq!(of_seconds(|second| second.delivered), expected);
    assert_eq!(last.counts.delivered, expected);
    assert_eq!(
        figures(&last.latencies.push),
        figures(&summary.latencies.push)
    );
    assert_eq!(
        figures(&last.latencies.trigger),
        figures(&summary.latencies.trigger)
    );
    assert_eq!(
        figures(&last.latencies.connect),
        figures(&summary.latencies.connect)
    );
    assert_eq!(
        figures(&last.latencies.login),
        figures(&summary.latencies.login)
    );
    assert_eq!(last.in_flight, 0);
    for (kind, splits) in [
        (PartKind::Event, &summary.by_event),
        (PartKind::Audience, &summary.by_audience),
    ] {
        for (name, split) in splits {
            let part = part(last, kind, name);
            assert_eq!(part.pushes, Some(split.pushes), "{name}");
            assert_eq!(part.delivered, Some(split.delivered()), "{name}");
            let near = |rough: Option<u64>, exact: Option<u64>| {
                let (rough, exact) = (rough.expect("a figure"), exact.expect("a figure"));
                let off = rough.abs_diff(exact) * 20;
                assert!(off <= exact, "{name}: {rough}, not {exact}");
            };
            near(part.push_max_us, split.push.max_us());
            near(part.push_p50_us, split.push.quantile_us(0.5));
        }
    }
    let node = part(last, PartKind::Node, &summary.target.url);
    assert_eq!((node.sockets, node.pushes), (Some(40), Some(150)));
    let generator = &last.generator;
    assert!(generator.rss_bytes.is_some_and(|bytes| bytes > 1 << 20));
    assert!(generator.cpu_percent.is_some() && generator.open_files > Some(40));
    assert!(generator.schedule_lag_p99_us.is_some());

    // And when it is over.
    let over = all.last().expect("the last one");
    let judgement = over.ended.as_ref().expect("a verdict");
    assert_eq!(**judgement, summary.judge());
    assert_eq!(over.counts, summary.findings.counts);
    assert_eq!(
        (over.sockets, over.pushes),
        (summary.sockets, summary.pushes)
    );
    assert_eq!(*over.past, summary.timeline);
    let news = part(over, PartKind::Event, "news");
    let (_, split) = &summary.by_event[0];
    assert_eq!(news.push_p99_us, split.push.quantile_us(0.99));
    assert!(Arc::ptr_eq(&over.about, &last.about));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_seen_while_it_happens() {
    let platform = platform(&["duplicate=1/10"]).await;
    let more = "[pushes]\nrate = \"50/s\"\nduration = \"3s\"\n";
    let (all, summary) = Running::start(&platform, more).watched().await;
    platform.stop().await;
    let duplicated = summary.findings.counts.of(Class::Duplicated);
    assert!(duplicated > 0);
    let pushing = all
        .iter()
        .rev()
        .find(|snapshot| snapshot.phase == "pushing");
    let pushing = pushing.expect("a snapshot while pushing").so_far();
    assert_eq!(pushing.standing, Standing::Violations);
    assert!(pushing.why.ends_with("duplicated"), "{}", pushing.why);
    let last = all.iter().rev().find(|snapshot| snapshot.ended.is_none());
    let last = last.expect("a snapshot of the run");
    assert_eq!(last.counts.of(Class::Duplicated), duplicated);
    assert!(!last.examples.is_empty());
    let times: Vec<_> = last
        .examples
        .iter()
        .map(|example| example.arrived)
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let violations: u64 = last.past.iter().map(|second| second.violations).sum();
    assert_eq!(violations, duplicated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_and_a_report_are_watched_as_their_run_was() {
    let platform = platform(&["duplicate=1/10", "drop=1/40"]).await;
    let mut file = scratch("live-played.journal");
    let journal = Journal::start(file.try_clone().expect("a file")).expect("a thread");
    let more = "[pushes]\nrate = \"50/s\"\nduration = \"3s\"\nbroadcast = 0.5\nevents = [\"news\", \"mail\"]\n";
    let running = Running::with_journal(&platform, more, Some(journal.pen()));
    let (all, summary) = running.watched().await;
    platform.stop().await;
    let footer = journal::footer(&summary);
    journal.close(&footer).expect("a disk with room");
    let last = all.iter().rev().find(|snapshot| snapshot.ended.is_none());
    let (last, over) = (
        last.expect("a snapshot of the run"),
        all.last().expect("an end"),
    );

    let verified = journal::verify(&mut file).expect("a journal");
    let mut playback = Playback::open(file).expect("a journal");
    let mut played = Vec::new();
    while let Some(snapshot) = playback.next_second().expect("a file") {
        played.push(snapshot);
    }
    let again = played.last().expect("a second");
    let phases: Vec<_> = played.iter().map(|snapshot| snapshot.phase).collect();
    assert!(
        phases.contains(&"pushing") && again.phase == "settling",
        "{phases:?}"
    );
    assert!(played.iter().any(|snapshot| snapshot.rate == Some(50.0)));
    assert_eq!(again.counts.delivered, last.counts.delivered);
    let duplicated = Class::Duplicated;
    assert_eq!(again.counts.of(duplicated), last.counts.of(duplicated));
    assert_eq!(again.pushes, last.pushes);
    let sockets = &again.sockets;
    assert_eq!(
        (sockets.wanted, sockets.connected, sockets.alive),
        (40, 40, 40)
    );
    for (one, other) in [
        (&again.latencies.push, &summary.latencies.push),
        (&again.latencies.trigger, &summary.latencies.trigger),
    ] {
        assert_eq!(figures(one), figures(other));
    }
    // Those whose list is complete; with losses some are only over with the run.
    assert!(again.latencies.fanout[2].count() > 0);
    for was in last.parts.iter().filter(|part| part.kind != PartKind::Node) {
        let is = part(again, was.kind, &was.name);
        let of = |part: &Part| (part.pushes, part.failed, part.delivered, part.push_max_us);
        assert_eq!(of(is), of(was), "{}", was.name);
    }
    // A shard hands its second over a moment late, so what came in that moment may be of the next one here.
    let of = |past: &[Second]| past.iter().map(|one| one.delivered).sum::<u64>();
    assert_eq!(of(&again.past), of(&summary.timeline));
    let (end, again) = playback.end().expect("a file");
    assert!(again.damage.is_empty() && again.differences.is_empty());
    assert_eq!(
        again.summary.findings.counts,
        verified.summary.findings.counts
    );
    assert_is_over(&end, over);

    // The report has no history, and says how it ended all the same.
    let report = pushproof::report::json::report(&summary);
    let report = pushproof::report::json::render(&report);
    let report = pushproof::report::json::read(&report).expect("a report");
    let saved = Saved::new(&report).expect("a report");
    assert_is_over(saved.end(), over);
    let seconds: Vec<_> = saved.seconds().collect();
    assert_eq!(seconds.len(), summary.timeline.len());
    let last = seconds.last().expect("a second");
    assert_eq!(last.pushes.sent, summary.pushes.sent);
    assert_eq!(last.counts.delivered, summary.findings.counts.delivered);
    // But for losses, which no second has, there was one class.
    assert_eq!(
        last.counts.of(duplicated),
        summary.findings.counts.of(duplicated)
    );
    assert_eq!(last.counts.of(Class::Lost), 0);
    assert_eq!(*last.past, summary.timeline);
    let phases: Vec<_> = seconds.iter().map(|snapshot| snapshot.phase).collect();
    assert!(phases.is_sorted_by_key(|phase| {
        let order = ["connecting", "pushing", "settling"];
        order.iter().position(|one| one == phase)
    }));
    assert!(phases.contains(&"pushing"), "{phases:?}");
}

/// A run ended as it was seen to.
fn assert_is_over(end: &Snapshot, over: &Snapshot) {
    assert_eq!(
        end.ended.as_ref().map(|of| of.verdict),
        over.ended.as_ref().map(|of| of.verdict)
    );
    assert_eq!(
        end.ended.as_ref().map(|of| &of.reasons),
        over.ended.as_ref().map(|of| &of.reasons)
    );
    assert_eq!((end.phase, end.counts), ("over", over.counts));
    assert_eq!(
        (end.sockets, end.pushes, end.logins),
        (over.sockets, over.pushes, over.logins)
    );
    assert_eq!(*end.past, *over.past);
    assert_eq!(end.examples.len(), over.examples.len());
    assert_eq!(
        end.examples
            .iter()
            .map(|one| (one.class, one.push, one.socket, one.user))
            .collect::<Vec<_>>(),
        over.examples
            .iter()
            .map(|one| (one.class, one.push, one.socket, one.user))
            .collect::<Vec<_>>()
    );
    assert_eq!(figures(&end.latencies.push), figures(&over.latencies.push));
    assert_eq!(
        figures(&end.latencies.login),
        figures(&over.latencies.login)
    );
    for (one, other) in end.latencies.fanout.iter().zip(&over.latencies.fanout) {
        assert_eq!(figures(one), figures(other));
    }
    assert_eq!(
        (&end.about.scenario, &end.about.events),
        (&over.about.scenario, &over.about.events)
    );
    assert_eq!(end.about.pushing, over.about.pushing);
    assert_eq!(end.generator.open_files, over.generator.open_files);
    for was in over.parts.iter().filter(|part| part.kind != PartKind::Node) {
        let is = part(end, was.kind, &was.name);
        let of = |part: &Part| (part.pushes, part.delivered, part.push_p99_us);
        assert_eq!(of(is), of(was), "{}", was.name);
    }
}

/// A file of its own.
fn scratch(name: &str) -> std::fs::File {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    let mut options = std::fs::File::options();
    options.read(true).write(true).create(true).truncate(true);
    options.open(&path).expect("a writable scratch folder")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_is_changed_while_the_run_goes_on_and_all_is_told_and_judged() {
    let platform = platform(&[]).await;
    let mut file = scratch("live-rate.journal");
    let journal = Journal::start(file.try_clone().expect("a file")).expect("a thread");
    let more = "[pushes]\nrate = \"40/s\"\nduration = \"5s\"\nlanes = 4\n";
    let mut running = Running::with_journal(&platform, more, Some(journal.pen()));
    let first = running
        .until("pushes", |snapshot| snapshot.pushes.sent > 0)
        .await;
    assert_eq!((first.rate, first.rate_fixed), (Some(40.0), None));
    let faster = Command::Rate { factor: 4.0 };
    running.commands.send(faster).await.expect("it listens");
    let changed = running
        .until("the change", |snapshot| !snapshot.changes.is_empty())
        .await;
    assert_eq!(changed.rate, Some(160.0));
    let (all, summary) = running.watched().await;
    platform.stop().await;

    let [change] = summary.rate_changes[..] else {
        panic!("{:?}", summary.rate_changes);
    };
    assert!((change.factor - 4.0).abs() < 1e-9);
    assert!(change.at > first.elapsed && change.at < changed.elapsed);
    // What was due until then, and four times as much of what was left of the five seconds.
    let pushes = &summary.pushes;
    assert!(
        pushes.scheduled > 240 && pushes.scheduled < 800,
        "{pushes:?}"
    );
    assert_eq!(
        (pushes.sent, pushes.accepted),
        (pushes.scheduled, pushes.scheduled)
    );
    let at_its_end = summary.duration.as_secs_f64() - 2.0;
    assert!((5.0..20.0).contains(&at_its_end), "{at_its_end}");
    let judgement = summary.judge();
    assert_eq!(judgement.exit_code, 0, "{:?}", judgement.reasons);
    let over = all.last().expect("the last one");
    assert_eq!(over.changes, summary.rate_changes);
    let report = pushproof::report::json::report(&summary);
    let report = serde_json::to_value(report).expect("JSON");
    assert_eq!(report["rate_changes"][0]["factor"], 4.0);
    assert_eq!(
        report["rate_changes"][0]["at_ms"],
        change.at.as_millis() as u64
    );

    let footer = journal::footer(&summary);
    journal.close(&footer).expect("a disk with room");
    let verified = journal::verify(&mut file).expect("a journal");
    assert!(
        verified.damage.is_empty() && verified.differences.is_empty(),
        "{verified:?}"
    );
    let again = &verified.summary;
    assert_eq!(again.pushes.scheduled, pushes.scheduled);
    assert_eq!(again.findings.counts, summary.findings.counts);
    assert_eq!(again.judge().exit_code, 0, "{:?}", again.judge().reasons);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_loop_has_no_rate_to_change() {
    let platform = platform(&[]).await;
    let more = "[pushes]\nmode = \"closed\"\nduration = \"2s\"\n";
    let mut running = Running::start(&platform, more);
    let first = running
        .until("pushes", |snapshot| snapshot.pushes.sent > 0)
        .await;
    assert_eq!(first.rate, None);
    let why = first.rate_fixed.expect("a reason");
    assert!(why.starts_with("a closed loop has no rate"), "{why}");
    let slower = Command::Rate { factor: 0.1 };
    running.commands.send(slower).await.expect("it listens");
    let (_, summary) = running.watched().await;
    platform.stop().await;
    assert_eq!(summary.rate_changes, []);
    assert_eq!(
        summary.judge().exit_code,
        0,
        "{:?}",
        summary.judge().reasons
    );
}
