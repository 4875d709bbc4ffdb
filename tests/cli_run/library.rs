//! The shipped scenarios, each run as its own line `# shortened:` says, against the embedded platform.

use super::support::{Report, done, run};

/// Those that want a target of their own: `tls` runs the first of them, `tests/peers_run.rs` the other.
const OTHERS: [&str; 2] = ["directual", "generic-socketio"];

/// What each runs with here; the one that `run` takes by itself has tests enough.
pub(crate) fn shortened(text: &str) -> Option<Vec<String>> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# shortened: "))?;
    Some(line.split(' ').map(str::to_owned).collect())
}

#[tokio::test]
async fn every_shipped_scenario_runs_and_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder).expect("there are scenarios");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut seen = 0;
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if OTHERS.contains(&name.as_str()) || name == "first-proof" {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let flags = shortened(&text).unwrap_or_else(|| panic!("{name}: how is it shortened?"));
        let mut command = run(&[&file.to_string_lossy(), "--json", "-", "-q", "--seed", "7"]);
        command.args(flags);
        let done = done(command).await;
        let report = Report::parse(&done.stdout);
        // How quick a target is that shares a busy machine is no matter of a test: 3 is a threshold.
        let right = matches!(done.code, Some(0 | 3));
        assert!(right, "{name}: {}", report.at("/reasons"));
        assert!(report.number("/deliveries/delivered") > 0, "{name}");
        assert_eq!(
            report.number("/sockets/connected"),
            report.number("/sockets/wanted"),
            "{name}"
        );
        seen += 1;
    }
    assert!(seen >= 12, "{seen} scenarios");
}
