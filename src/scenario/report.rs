//! What a run is called in its report, what of it is kept, and where it goes.

use core::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::verify::EXAMPLES_PER_CLASS;

/// Longest name of a run, in characters.
const LONGEST: usize = 200;

/// What a run leaves behind. For `run` alone: a search has flags of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// What the run is called in its report; left out: as the scenario file is, without its ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The file that the report goes to as JSON, beside the scenario file, or `-` for standard output. `--json` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// The file that the report goes to as a page, beside the scenario file. `--html` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The file that the report goes to as `JUnit` XML, beside the scenario file. `--junit` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub junit: Option<String>,
    /// The file that a summary in Markdown goes to, beside the scenario file. `--markdown` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// The file that the timeline goes to as CSV, beside the scenario file. `--csv` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// Whether the report is kept in every form in a folder of its own, `reports/runs/<time>-<scenario>`; `--save` is `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save: Option<bool>,
    /// The file that the journal goes to, beside the scenario file. `--journal` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// The address at which the metrics of the run are served while it goes on, as `127.0.0.1:9464`; a port alone is one of the loopback
    /// interface, and 0 any that is free. `--metrics` takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
    /// Most examples of each class of violations in the report, 0 to 20; left out: 20. All are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<u32>,
}

impl Report {
    /// What lies over it taken from there.
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            name: over.name.or(self.name),
            json: over.json.or(self.json),
            html: over.html.or(self.html),
            junit: over.junit.or(self.junit),
            markdown: over.markdown.or(self.markdown),
            csv: over.csv.or(self.csv),
            save: over.save.or(self.save),
            journal: over.journal.or(self.journal),
            metrics: over.metrics.or(self.metrics),
            examples: over.examples.or(self.examples),
        }
    }

    /// The keys of its renderings, each with the file that it names: JSON, HTML, `JUnit`, Markdown, CSV.
    pub fn files(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("report.json", self.json.as_deref()),
            ("report.html", self.html.as_deref()),
            ("report.junit", self.junit.as_deref()),
            ("report.markdown", self.markdown.as_deref()),
            ("report.csv", self.csv.as_deref()),
        ]
    }

    /// Nothing is said there.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads where metrics are served. The error says what to write.
///
/// # Errors
/// In words, if it is no address.
pub fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let port = text
        .strip_prefix("localhost:")
        .or_else(|| text.strip_prefix(':'))
        .unwrap_or(text);
    let wrong = "is no address; write for example 127.0.0.1:9464, [::1]:9464 or 0.0.0.0:9464, or 9464 for that port of the loopback interface";
    port.parse()
        .map(loopback)
        .or_else(|_| text.parse().map_err(|_| format!("{text:?} {wrong}")))
}

impl Problems {
    /// Checks where a report goes, of a run whose sockets so many processes hold.
    pub(super) fn report(&mut self, report: &Report, workers: u32) {
        if let Some(name) = &report.name {
            self.check(!name.trim().is_empty(), "report.name", || {
                "this is no name; write one, or leave it out".to_owned()
            });
            let printable = !name.chars().any(char::is_control);
            self.check(
                printable && name.chars().count() <= LONGEST,
                "report.name",
                || format!("a name is one line of at most {LONGEST} characters"),
            );
        }
        let journal = ("report.journal", report.journal.as_deref());
        for (key, path) in report.files().into_iter().chain([journal]) {
            self.check(path.is_none_or(|path| !path.is_empty()), key, || {
                "this is no file; write its name, or leave it out".to_owned()
            });
        }
        self.check(
            report.journal.as_deref() != Some("-"),
            "report.journal",
            || "a journal is not written to standard output; write the name of a file".to_owned(),
        );
        self.check(
            report.journal.is_none() || workers <= 1,
            "report.journal",
            || {
                "only a run that holds its sockets itself can keep a journal; leave generator.workers out"
                    .to_owned()
            },
        );
        if let Some(address) = &report.metrics
            && let Err(why) = metrics_address(address)
        {
            self.check(false, "report.metrics", || why);
        }
        let files = report.files().into_iter().chain([journal]);
        let files: Vec<_> = files.filter_map(|(key, file)| Some((key, file?))).collect();
        for (n, (key, file)) in files.iter().enumerate() {
            let same = files[..n].iter().find(|(_, other)| other == file);
            if let Some((other, _)) = same.filter(|_| !file.is_empty()) {
                let told = match *other {
                    "report.json" => "the report".to_owned(),
                    other => other.to_owned(),
                };
                self.add(key, format!("{told} goes to the same file; name another"));
            }
        }
        let most = EXAMPLES_PER_CLASS as u32;
        self.check(
            report.examples.is_none_or(|n| n <= most),
            "report.examples",
            || format!("at most {most} examples of each class are kept"),
        );
    }
}
