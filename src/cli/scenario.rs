//! The scenario that a command is asked for: a file, what flags and the environment lay over it, and settings over all of that.

use std::cell::OnceCell;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use super::access;
use super::terminal::colour;
use super::users;
use crate::platform::{FaultConfig, UserGlob};
use crate::report::mistakes;
use crate::scenario::access::Access;
use crate::scenario::file::File;
use crate::scenario::payload::MOST_FILE_BYTES;
use crate::scenario::people::{ByHand, Loaded};
use crate::scenario::plan::Faults;
use crate::scenario::units::Span;
use crate::scenario::{Plan, Problem, Reader};

/// The flag of a setting.
const SET: &str = "--set";
/// How much longer than the deadline settling lasts where only the deadline is asked for.
const BEYOND_DEADLINE: Duration = Duration::from_secs(1);

/// A scenario as it is asked for, right or wrong.
pub(super) struct Asked {
    /// The scenario's name.
    pub(super) name: String,
    reader: Reader,
    /// What the flags say, as JSON.
    flags: Value,
    /// What is wrong with the files that it names.
    files: Vec<Problem>,
    /// Where the scenario file is: what it names is relative to that.
    beside: PathBuf,
    /// It is for something done by hand, of which the load is no part.
    by_hand: Option<ByHand>,
    /// The app that is asked for by hand.
    app: Option<String>,
    /// What is read, and run, for the first plan: another seed changes nothing of it.
    users: OnceCell<Result<Arc<Loaded>, Problem>>,
    access: OnceCell<Result<Arc<Access>, Vec<Problem>>>,
}

impl Asked {
    /// Reads a scenario file, if there is one, lays the flags over it, and the settings over both.
    pub(super) fn load(
        path: Option<&Path>,
        flags: File,
        settings: &[String],
    ) -> anyhow::Result<Self> {
        let env = |name: &str| std::env::var(name).ok();
        let mut reader = Reader::default();
        let mut name = "first-proof".to_owned();
        if let Some(path) = path {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the scenario {shown}"))?;
            reader.read(&shown.to_string(), &text, &env);
            let stem = path.file_stem().unwrap_or(path.as_os_str());
            name = stem.to_string_lossy().into_owned();
        }
        let said = serde_json::to_value(&flags).unwrap_or_default();
        reader.lay(flags);
        for setting in settings {
            reader.set(SET, setting, &env);
        }
        if path.is_none() {
            reader.lay(settling(reader.file()));
        }
        let files = read_rows(&mut reader, path);
        if let Some(own) = &reader.file().report.name {
            own.clone_into(&mut name);
        }
        Ok(Self {
            name,
            reader,
            flags: said,
            files,
            beside: path
                .and_then(Path::parent)
                .map(PathBuf::from)
                .unwrap_or_default(),
            by_hand: None,
            app: None,
            users: OnceCell::new(),
            access: OnceCell::new(),
        })
    }

    /// The scenario, without what is wrong in it.
    pub(super) fn file(&self) -> &File {
        self.reader.file()
    }

    /// The place of a file that the scenario names, `-` being none.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        match name {
            "-" => PathBuf::from(name),
            name => self.beside.join(name),
        }
    }

    /// Is for something done by hand: at this URL if none is named, and perhaps in an app that the scenario does not name.
    pub(super) fn by_hand(&mut self, url: &str, app: Option<&str>, by_hand: ByHand) {
        self.by_hand = Some(by_hand);
        self.app = app.map(str::to_owned);
        let mut over = File::default();
        let target = &self.reader.file().target;
        over.target.url = target.url.is_none().then(|| url.to_owned());
        self.reader.lay(over);
    }

    /// Is for the conformance suite, which asks for pushes where the scenario says how.
    pub(super) fn for_cases(&mut self) {
        self.by_hand = Some(ByHand::default());
    }

    /// The plan of it, or all that is wrong, in words. Seeds that were not asked for are the caller's.
    pub(super) fn plan(&self, drawn_seed: u64) -> Result<Plan, String> {
        if !self.files.is_empty() {
            return Err(self.told(&self.files));
        }
        if !self.reader.mistakes().is_empty() && self.file().users.command.is_some() {
            // No program is started for a scenario that cannot be.
            return Err(self.told(&[]));
        }
        let mut file = self.file().clone();
        file.by_hand = self.by_hand;
        if self.by_hand.is_some() {
            file.users.refused = None;
            file.pushes.broadcast = Some(0.0);
            file.pushes.absent = None;
            file.pushes.foreign = None;
        }
        let load = || users::load(&file.users, &self.beside).map(Arc::new);
        match self.users.get_or_init(load) {
            Ok(loaded) => file.loaded = Some(Arc::clone(loaded)),
            Err(problem) => return Err(self.told(std::slice::from_ref(problem))),
        }
        if let Some(app) = &self.app {
            in_app(&mut file, app);
        }
        let plan = Plan::from_file(&file, drawn_seed).and_then(|plan| {
            let access = self.access.get_or_init(|| access::gather(&plan)).clone()?;
            Ok(Plan { access, ..plan })
        });
        let plan = plan.and_then(|plan| {
            let recovery = plan.platform_recovery.is_some();
            let faults = plan.faults.as_ref();
            let problems = faults.map_or_else(Vec::new, |faults| fault_problems(faults, recovery));
            if problems.is_empty() {
                Ok(plan)
            } else {
                Err(problems)
            }
        });
        match plan {
            Ok(plan) if self.reader.mistakes().is_empty() => Ok(plan),
            Ok(_) => Err(self.told(&[])),
            Err(problems) => Err(self.told(&problems)),
        }
    }

    /// All that is wrong with what was read, and with the plan of it: each at its place, or with the flag that mends it.
    pub(super) fn told(&self, problems: &[Problem]) -> String {
        let mut found = self.reader.mistakes().to_vec();
        let mut rest = String::new();
        for problem in problems {
            match self
                .reader
                .locate(problem)
                .filter(|found| self.is_last(problem, found.at.0))
            {
                Some(mistake) => found.push(mistake),
                None => rest.extend(["error: ", &with_flag(problem), "\n"]),
            }
        }
        let sources = self.reader.sources();
        mistakes::render(sources, &found, colour(std::io::stderr().is_terminal())) + &rest
    }

    /// Whether what was given there counts, and no flag in its place.
    fn is_last(&self, problem: &Problem, source: usize) -> bool {
        // Lists of which an entry is wrong are added to, not replaced.
        let flag = format!("/{}", problem.key.replace('.', "/"));
        let by_flag = self
            .flags
            .pointer(&flag)
            .is_some_and(|value| !value.is_null());
        let source = self.reader.sources().get(source);
        !by_flag || problem.entry.is_some() || source.is_some_and(|source| source.name == SET)
    }
}

/// Takes an app that the scenario does not name for its only one. Where a list says whose users its users are, there is no other.
fn in_app(file: &mut File, app: &String) {
    let named = file.target.apps.as_ref();
    let built_in = || File::built_in().target.apps.unwrap_or_default();
    let known = named.map_or_else(built_in, Vec::clone).contains(app);
    let rows = file.loaded.as_ref().and_then(|loaded| loaded.rows.as_ref());
    let mut rows = rows.into_iter().flatten();
    if !known && !rows.any(|row| row.app.is_some()) {
        file.target.apps = Some(vec![app.clone()]);
    }
}

/// Reads the rows of payloads that are in files of their own, beside the scenario. Gives what is wrong with them.
fn read_rows(reader: &mut Reader, scenario: Option<&Path>) -> Vec<Problem> {
    let mut payloads = reader.file().pushes.payloads.clone().unwrap_or_default();
    let beside = scenario.and_then(Path::parent).unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    for (entry, payload) in payloads.iter_mut().enumerate() {
        let Some(path) = payload.unread().map(|file| beside.join(file)) else {
            continue;
        };
        let read = read_at_most(&path, MOST_FILE_BYTES)
            .map_err(|why| format!("cannot read {}: {why}", path.display()))
            .and_then(|text| payload.read(&text));
        if let Err(message) = read {
            problems.push(Problem {
                key: "pushes.payloads",
                entry: Some(entry),
                message,
            });
        }
    }
    if !payloads.is_empty() && problems.is_empty() {
        let mut over = File::default();
        over.pushes.payloads = Some(payloads);
        reader.lay(over);
    }
    problems
}

fn read_at_most(path: &Path, most: usize) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() > most {
        return Err(format!("it is larger than {most} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// A deadline alone moves the settling with it, which must not end before.
fn settling(file: &File) -> File {
    let mut over = File::default();
    let deadline = file
        .verify
        .deadline
        .filter(|_| file.verify.settle.is_none() && file.phases.settle.is_none());
    over.verify.settle = deadline.map(|deadline| Span(deadline.0 + BEYOND_DEADLINE));
    over
}

/// What the platform would not take of the faults that a scenario asks for.
fn fault_problems(faults: &Faults, recovery: bool) -> Vec<Problem> {
    let rates = FaultConfig::parse_rates(&faults.rates).and_then(|rates| {
        FaultConfig {
            rates,
            delay: faults.delay.unwrap_or(FaultConfig::DELAY),
            ..FaultConfig::default()
        }
        .validate(recovery)
    });
    let users = faults.users.as_deref().map(str::parse::<UserGlob>);
    let users = users.and_then(Result::err);
    let said = [
        rates.err().map(|e| ("platform.faults", e)),
        users.map(|e| ("platform.fault_users", e)),
    ];
    said.into_iter()
        .flatten()
        .map(|(key, error)| Problem::new(key, error.to_string()))
        .collect()
}

/// A problem with the flag that mends it.
fn with_flag(problem: &Problem) -> String {
    let flag = match problem.key {
        "target.url" | "target.nodes" => "--target",
        "target.apps" => "--app",
        "target.tls.ca" => "--ca",
        "target.tls.insecure" => "--insecure",
        "users.count" => "--users",
        "users.sockets_per_user" => "--sockets-per-user",
        "users.connect_rate" => "--connect-rate",
        "pushes.rate" => "--rate",
        "pushes.lanes" => "--lanes",
        "pushes.duration" => "--duration",
        "verify.deadline" => "--deadline",
        "verify.settle" => "--settle",
        "clients.transport" => "--transport",
        "generator.workers" => "--workers",
        "generator.source_addrs" => "--source-addr",
        "platform.nodes" => "--platform-nodes",
        "thresholds" => "--threshold",
        "abort_on" => "--abort-on",
        _ => return problem.to_string(),
    };
    format!("{flag} ({}): {}", problem.key, problem.in_words())
}
