//! Things that are tried one by one, as far as they are: filled by whoever tries them, looked at by whatever shows them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::shown::{Shown, Wanted};
use crate::dashboard::list::{About, Going, Item, State, Tried};
use crate::pool::Running;

/// Names of what goes on that a line tells at most.
const NAMES: usize = 4;

/// How far they are. Its lock is never held while anything is drawn.
#[derive(Clone)]
pub(super) struct Trying {
    now: Arc<Mutex<Tried>>,
    running: Running,
    /// What a thing of this name is.
    title: fn(&str) -> &'static str,
}

impl Trying {
    /// Nothing has been tried yet.
    pub(super) fn new(running: &Running, title: fn(&str) -> &'static str) -> Self {
        Self {
            now: Arc::default(),
            running: running.clone(),
            title,
        }
    }

    fn now(&self) -> MutexGuard<'_, Tried> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These are tried from now on, and none has been yet.
    pub(super) fn begin(&self, about: About, of: Option<usize>, phase: &'static str) {
        *self.now() = Tried {
            about: about.into(),
            of,
            phase,
            ..Tried::default()
        };
    }

    /// This is done now.
    pub(super) fn goes_on(&self, phase: &'static str) {
        self.now().phase = phase;
    }

    /// More is known of what is tried.
    pub(super) fn is_about(&self, about: About) {
        self.now().about = about.into();
    }

    /// One of so many has ended.
    pub(super) fn ended(&self, item: Item, of: usize) {
        let mut now = self.now();
        now.of = Some(of);
        Arc::make_mut(&mut now.ended).push(item.into());
    }

    /// How it stands after so much time.
    fn look(&self, elapsed: Duration) -> Tried {
        let names = self.running.names();
        let going = names.iter().map(|(name, lasts)| Going {
            name: name.to_string(),
            title: (self.title)(name),
            lasts: *lasts,
        });
        Tried {
            elapsed,
            going: going.collect(),
            ..self.now().clone()
        }
    }

    /// Shows it; a key that asks for an end sets `stop`.
    pub(super) fn show(&self, wanted: Wanted, stop: watch::Sender<bool>) -> Shown {
        let own = self.clone();
        let look = move |elapsed| own.look(elapsed);
        let asked = move || {
            stop.send_replace(true);
        };
        Shown::start(wanted, State::default(), look, line, asked)
    }
}

/// How far they are, and which are under way.
fn line(tried: &Tried) -> String {
    let ended = tried.ended.len();
    let of = match tried.of {
        None => String::new(),
        Some(of) => format!(" of {of}"),
    };
    let mut told = Vec::new();
    for word in tried.about.words {
        let n = tried.came_to(*word);
        if n > 0 {
            told.push(format!("{n} {}", word.word));
        }
    }
    let going = &tried.going;
    if !going.is_empty() {
        let more = match going.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = going.iter().take(NAMES).map(|one| one.name.as_str());
        let names: Vec<_> = names.collect();
        told.push(format!("now {}{more}", names.join(", ")));
    }
    let s = tried.elapsed.as_secs();
    let (m, s) = (s / 60, s % 60);
    let (_, called) = tried.about.called;
    let mut line = format!("{ended}{of} {called} in {m}:{s:02}");
    if !told.is_empty() {
        line = format!("{line}: {}", told.join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::list::items::OUTCOMES;

    #[test]
    fn it_is_told_how_far_things_are_and_which_are_under_way() {
        let running = Running::default();
        let trying = Trying::new(
            &running,
            |name| {
                if name == "HS-01" { "the first" } else { "" }
            },
        );
        let about = About {
            called: ("case", "cases"),
            words: OUTCOMES,
            ..About::default()
        };
        trying.begin(about, Some(85), "trying");
        for word in [OUTCOMES[0], OUTCOMES[1], OUTCOMES[0]] {
            let item = Item {
                word,
                ..Item::default()
            };
            trying.ended(item, 85);
        }
        let names = ["HS-01", "HS-02", "TR-01", "TR-02", "TR-03", "TR-04"];
        let going = names.map(|name| running.begin(name));
        let tried = trying.look(Duration::from_secs(75));
        let told =
            "3 of 85 cases in 1:15: 2 pass, 1 fail, now HS-01, HS-02, TR-01, TR-02 and 2 more";
        assert_eq!(line(&tried), told);
        assert_eq!(tried.going[0].title, "the first");
        drop(going);
        let tried = trying.look(Duration::ZERO);
        assert_eq!(line(&tried), "3 of 85 cases in 0:00: 2 pass, 1 fail");
    }
}
