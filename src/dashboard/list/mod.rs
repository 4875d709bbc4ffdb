//! Things that are tried one by one, while that goes on: the cases of the suite, the trials of the self-test, known-bad servers, the steps
//! of a search for the capacity.
//!
//! [`Tried`] is what is shown, plain data that whoever does the work hands over; [`state`] is what keys do to it, [`render`] draws it, and
//! [`items`] makes it of cases and trials; [`climb`] makes it of the steps of a search, and has what there is to see of that besides.

pub mod climb;
pub mod items;
pub mod keys;
pub mod render;
pub mod state;

use std::sync::Arc;
use std::time::Duration;

pub use state::State;

/// All that is shown, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// What does not change while it goes on.
    pub about: Arc<About>,
    /// What is done now, in a word or a few.
    pub phase: &'static str,
    /// Since it was begun.
    pub elapsed: Duration,
    /// How many there are to be; `None`: that is not known yet.
    pub of: Option<usize>,
    /// What has ended, in that order.
    pub ended: Arc<Vec<Arc<Item>>>,
    /// What is under way, what began first before the others.
    pub going: Vec<Going>,
    /// The search that they are steps of, if they are.
    pub climb: Option<climb::Climb>,
}

/// What does not change.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The command, as `conform`.
    pub command: &'static str,
    /// What it is about: the target.
    pub target: String,
    /// More of it: how it is tried.
    pub facts: String,
    /// How the things are called, one and many.
    pub called: (&'static str, &'static str),
    /// What the list shows of each.
    pub columns: &'static [Column],
    /// All that a thing may come to, in the order in which they are counted.
    pub words: &'static [Word],
    /// What they are held against besides: what fails may have been expected to. Empty: nothing.
    pub held_against: String,
}

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Cells that it takes; the last column takes what is left.
    pub width: u16,
    /// Whether it is set at the right.
    pub right: bool,
    /// It is left out on terminals that are narrower than this.
    pub from: u16,
}

/// What a thing may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// What that is worth.
    pub worth: Worth,
}

/// What a word is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub enum Worth {
    /// Nothing: it was left out, or only recorded.
    #[default]
    Aside,
    /// It is as it should be.
    Good,
    /// It is not, but that binds nobody.
    Warning,
    /// There is no telling.
    Unclear,
    /// It fails the whole.
    Bad,
}

impl Worth {
    /// Whether somebody should look at it.
    pub fn is_problem(self) -> bool {
        self >= Self::Warning
    }
}

/// One thing that has ended.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// What it came to.
    pub word: Word,
    /// What its columns have, but for the first, which has the word.
    pub cells: Vec<String>,
    /// All there is to say of it: what each is, and that.
    pub details: Vec<(&'static str, String)>,
}

/// One thing that is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Going {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: &'static str,
    /// For how long.
    pub lasts: Duration,
}

/// How the whole stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// So many failed.
    Failed(usize),
    /// None failed, and of so many there is no telling.
    Unclear(usize),
    /// All that said something said so.
    Ok,
    /// Nothing has said anything.
    Open,
}

impl Tried {
    /// How many came to words of this worth.
    pub fn worth(&self, worth: Worth) -> usize {
        let all = self.ended.iter();
        all.filter(|item| item.word.worth == worth).count()
    }

    /// How many came to this word.
    pub fn came_to(&self, word: Word) -> usize {
        let all = self.ended.iter();
        all.filter(|item| item.word == word).count()
    }

    /// How it stands so far.
    pub fn standing(&self) -> Standing {
        let of = |worth| self.worth(worth);
        match (of(Worth::Bad), of(Worth::Unclear)) {
            (0, 0) if of(Worth::Good) + of(Worth::Warning) == 0 => Standing::Open,
            (0, 0) => Standing::Ok,
            (0, unclear) => Standing::Unclear(unclear),
            (bad, _) => Standing::Failed(bad),
        }
    }
}
