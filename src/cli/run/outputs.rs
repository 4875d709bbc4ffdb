//! Where a run writes to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;

use super::RunArgs;
use crate::cli::files::{self, Output};
use crate::cli::metrics::Metrics;
use crate::cli::newest::Newest;
use crate::cli::otlp::Exporter;
use crate::cli::outputs::Outputs;
use crate::cli::scenario::Asked;
use crate::clock;
use crate::report::format::Format;
use crate::scenario::Problem;
use crate::scenario::report::metrics_address;

/// Where `--save` makes its folders.
const RUNS: &str = "reports/runs";

/// All that a run writes to, open already.
pub(super) struct Files {
    pub(super) reports: Outputs,
    pub(super) journal: Option<Output>,
    /// Where that is.
    pub(super) journal_at: PathBuf,
    /// Most examples of each class in the report.
    pub(super) examples: usize,
    /// The folder with all renderings, if it was asked for.
    pub(super) saved: Option<Saved>,
    /// What others are told of the run while it goes on, if anybody is.
    pub(super) told: Option<Newest>,
    /// Who serves it, until the end.
    _metrics: Option<Metrics>,
    /// Who sends it on.
    pub(super) otlp: Option<Exporter>,
}

impl Files {
    /// Opens what the flags name, or else the scenario. What is wrong with the latter's is told in words.
    pub(super) fn open(args: &RunArgs, asked: &Asked) -> anyhow::Result<Result<Self, String>> {
        let said = &asked.file().report;
        let mut reports = Outputs::default();
        let json = (Format::Json, args.json.as_deref());
        let flags = [json].into_iter().chain(args.reports.asked());
        for ((format, flag), (key, named)) in flags.zip(said.files()) {
            match (flag, named) {
                (Some(path), _) => reports.add(format, format.flag(), path)?,
                (None, Some(name)) => {
                    if let Err(error) = reports.add(format, key, &asked.place(name)) {
                        return Ok(Err(not_opened(asked, key, &error)));
                    }
                }
                (None, None) => {}
            }
        }
        let (journal, journal_at) = match (&args.journal, &said.journal) {
            (None, Some(name)) => {
                let at = asked.place(name);
                match Output::open("report.journal", &at) {
                    Ok(journal) => (Some(journal), at),
                    Err(error) => return Ok(Err(not_opened(asked, "report.journal", &error))),
                }
            }
            (Some(flag), _) => (Some(Output::open_journal(flag)?), flag.clone()),
            (None, None) => (None, PathBuf::new()),
        };
        let newest = Newest::none();
        let metrics = match (args.metrics, &said.metrics) {
            (Some(address), _) => Some(Metrics::start("--metrics", address, newest.clone())?),
            (None, Some(address)) => {
                let listening = metrics_address(address)
                    .map_err(anyhow::Error::msg)
                    .and_then(|address| Metrics::start("report.metrics", address, newest.clone()));
                match listening {
                    Ok(metrics) => Some(metrics),
                    Err(error) => return Ok(Err(not_opened(asked, "report.metrics", &error))),
                }
            }
            (None, None) => None,
        };
        if let Some(metrics) = metrics.as_ref().filter(|_| !args.quiet) {
            files::say(&format!("metrics at http://{}/metrics", metrics.address()));
        }
        let otlp = args.otlp.as_deref();
        let otlp = otlp.map(|url| Exporter::start(url, newest.clone()));
        let otlp = otlp.transpose()?;
        if let Some(otlp) = otlp.as_ref().filter(|_| !args.quiet) {
            files::say(&format!("metrics to {}", otlp.to()));
        }
        let save = args.save || said.save == Some(true);
        let saved = save
            .then(|| Saved::open(&asked.name, &mut reports))
            .transpose()?;
        Ok(Ok(Self {
            reports,
            journal,
            journal_at,
            examples: said.examples.map_or(usize::MAX, |n| n as usize),
            saved,
            told: (metrics.is_some() || otlp.is_some()).then_some(newest),
            _metrics: metrics,
            otlp,
        }))
    }
}

/// That a file cannot be written which the scenario names, in words.
fn not_opened(asked: &Asked, key: &'static str, error: &anyhow::Error) -> String {
    let told = format!("{error:#}");
    let own = told
        .strip_prefix(key)
        .and_then(|told| told.strip_prefix(": "));
    asked.told(&[Problem::new(key, own.unwrap_or(&told))])
}

/// A folder with every rendering of a run.
pub(super) struct Saved(pub(super) PathBuf);

impl Saved {
    fn open(scenario: &str, reports: &mut Outputs) -> anyhow::Result<Self> {
        let now = UNIX_EPOCH + Duration::from_millis(clock::unix_millis());
        let now = humantime::format_rfc3339_seconds(now).to_string();
        // No colon: other systems cannot have it in the name of a file.
        let name = format!("{}-{}", now.replace(':', "-"), plain(scenario));
        let folder = make(Path::new(RUNS), &name)
            .with_context(|| format!("--save: cannot make the folder {RUNS}/{name}"))?;
        let saved = Self(folder);
        for format in Format::ALL {
            reports.add(format, "--save", &saved.0.join(format.file_name()))?;
        }
        Ok(saved)
    }
}

impl Drop for Saved {
    /// No report came, and its files are gone: so is the folder, which has anything in it otherwise.
    fn drop(&mut self) {
        fs::remove_dir(&self.0).ok();
    }
}

/// A folder that was not there before; runs that begin in the same second have a number.
fn make(within: &Path, name: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(within)?;
    let mut n = 1;
    loop {
        let path = match n {
            1 => within.join(name),
            n => within.join(format!("{name}-{n}")),
        };
        match fs::create_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && n < 1_000 => n += 1,
            made => return made.map(|()| path),
        }
    }
}

/// A scenario's name as part of a file's.
fn plain(name: &str) -> String {
    let letters = name.chars().take(60);
    let plain = letters.map(|char| match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => char,
        _ => '-',
    });
    plain.collect()
}
