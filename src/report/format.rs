//! The renderings of a run's report: each is a function of the report alone, so that a saved one gives the same bytes as the run did.

use super::json::form::Report;
use super::{csv, html, json, junit, markdown, text};

/// A rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The report itself, from which all others can be made.
    Json,
    /// A page.
    Html,
    /// `JUnit` XML.
    Junit,
    /// A summary for a comment.
    Markdown,
    /// The timeline.
    Csv,
    /// The summary for a terminal, without colour.
    Text,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Json,
        Self::Html,
        Self::Junit,
        Self::Markdown,
        Self::Csv,
        Self::Text,
    ];

    /// The flag that asks for it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Json => "--json",
            Self::Html => "--html",
            Self::Junit => "--junit",
            Self::Markdown => "--markdown",
            Self::Csv => "--csv",
            Self::Text => "--text",
        }
    }

    /// What a file of it is called in a folder of all.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Json => "report.json",
            Self::Html => "report.html",
            Self::Junit => "junit.xml",
            Self::Markdown => "summary.md",
            Self::Csv => "timeline.csv",
            Self::Text => "summary.txt",
        }
    }

    /// The report in this form.
    #[must_use]
    pub fn render(self, report: &Report) -> String {
        match self {
            Self::Json => json::render(report),
            Self::Html => html::run::render(report),
            Self::Junit => junit::render(report),
            Self::Markdown => markdown::render(report),
            Self::Csv => csv::render(report),
            Self::Text => text::render(report, text::Colour::Off),
        }
    }
}
