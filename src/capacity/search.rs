//! Which load to try next: up by a factor until one does not hold, down if not even the first does, then in the middle.
//!
//! All of it follows from the trials so far, so a search that was cut short goes on where it was. Loads are whole numbers here, so none
//! is ever nearly another. A trial that is close to the boundary counts half: it takes two that agree, of three at most. One that says
//! nothing is made again, and when it never says anything the search is over: what cannot be told is not guessed.

/// Most trials of one load that say nothing.
const MOST_UNCLEAR: usize = 3;
/// Most trials of one load: two that say nothing, and three that say something.
const MOST_TRIALS: u32 = 5;
/// What it takes to decide on a load.
const DECIDED: u32 = 2;

/// What a search goes by. All loads are in its own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The load to begin with.
    pub from: u64,
    /// The smallest that is tried.
    pub least: u64,
    /// The largest that is tried.
    pub most: u64,
    /// By how much the load grows while it holds. More than 1.
    pub factor: f64,
    /// The search is over when the smallest load that did not hold is by no more than this share above the largest that did.
    pub precision: f64,
}

/// How a trial came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The load held.
    Held,
    /// The target broke under it.
    Broke,
    /// There is no telling, because of the generator say.
    Unclear,
}

/// One trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// The load.
    pub load: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// So close to the boundary that it may come out otherwise the next time.
    pub close: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try this load.
    Try(u64),
    /// The search is over.
    Done(End),
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The largest load that held.
    pub held: Option<u64>,
    /// The smallest that did not.
    pub broke: Option<u64>,
    /// Why it is over.
    pub because: Because,
}

/// Why a search is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The boundary is known as well as was asked for.
    Precise,
    /// The largest load held.
    Most,
    /// The smallest load did not hold.
    Least,
    /// This load says nothing, however often it is tried.
    Unclear(u64),
}

/// What the trials of one load say together; `None`: not enough.
fn decide(trials: impl Iterator<Item = Trial>) -> Option<Outcome> {
    let (mut held, mut broke, mut unclear) = (0, 0, 0);
    for trial in trials {
        let votes = if trial.close { 1 } else { DECIDED };
        match trial.outcome {
            Outcome::Held => held += votes,
            Outcome::Broke => broke += votes,
            Outcome::Unclear => unclear += 1,
        }
        // In the order in which they came: what is decided is not asked again.
        if held >= DECIDED && held > broke {
            return Some(Outcome::Held);
        }
        if broke >= DECIDED && broke > held {
            return Some(Outcome::Broke);
        }
        if unclear >= MOST_UNCLEAR {
            return Some(Outcome::Unclear);
        }
    }
    None
}

fn of(trials: &[Trial], load: u64) -> Option<Outcome> {
    decide(trials.iter().copied().filter(|trial| trial.load == load))
}

impl Bounds {
    /// The largest load that held and the smallest that did not, by these trials.
    pub fn known(&self, trials: &[Trial]) -> (Option<u64>, Option<u64>) {
        let mut loads: Vec<u64> = trials.iter().map(|trial| trial.load).collect();
        loads.sort_unstable();
        loads.dedup();
        let is = |outcome| move |load: &u64| of(trials, *load) == Some(outcome);
        let broke = loads.iter().copied().find(is(Outcome::Broke));
        // Only below it: what holds above a load that does not is luck.
        let below = loads.iter().copied();
        let below = below.take_while(|load| broke.is_none_or(|broke| *load < broke));
        (below.filter(is(Outcome::Held)).last(), broke)
    }

    /// What to do after these trials.
    pub fn next(&self, trials: &[Trial]) -> Next {
        let (held, broke) = self.known(trials);
        let done = |because| {
            Next::Done(End {
                held,
                broke,
                because,
            })
        };
        let load = match self.step(held, broke) {
            Ok(load) => load,
            Err(because) => return done(because),
        };
        match of(trials, load) {
            Some(Outcome::Unclear) => done(Because::Unclear(load)),
            _ => Next::Try(load),
        }
    }

    /// The load to look at, given the largest that held and the smallest that did not.
    fn step(&self, held: Option<u64>, broke: Option<u64>) -> Result<u64, Because> {
        match (held, broke) {
            (None, None) => Ok(self.from.clamp(self.least, self.most)),
            (Some(held), None) if held >= self.most => Err(Because::Most),
            (Some(held), None) => Ok(times(held, self.factor).max(held + 1).min(self.most)),
            (None, Some(broke)) if broke <= self.least => Err(Because::Least),
            (None, Some(broke)) => {
                let less = times(broke, 1.0 / self.factor).min(broke - 1);
                Ok(less.max(self.least))
            }
            (Some(held), Some(broke)) => {
                let near = broke as f64 <= held as f64 * (1.0 + self.precision);
                if near || broke <= held + 1 {
                    return Err(Because::Precise);
                }
                let middle = (held as f64 * broke as f64).sqrt().round() as u64;
                Ok(middle.clamp(held + 1, broke - 1))
            }
        }
    }

    /// Most trials that a search can take.
    pub fn most_trials(&self) -> u32 {
        let steps = |ratio: f64, by: f64| (ratio.max(1.0).ln() / by.ln()).ceil() as u32 + 1;
        let (least, most) = (self.least.max(1) as f64, self.most.max(1) as f64);
        let from = (self.from as f64).clamp(least, most);
        // Small loads grow by one where the factor would not move them.
        let small = (1.0 / (self.factor - 1.0)).ceil().min(most) as u32;
        let away = steps(most / from, self.factor).max(steps(from / least, self.factor)) + small;
        // Each halves the logarithm of what is between, and of two whole numbers in a row none is between.
        let between = self.factor.max(1.0 + 1.0 / least).max(2.0).ln() / self.precision.ln_1p();
        let halvings = between.log2().ceil().max(1.0) as u32 + 2;
        (away + halvings) * MOST_TRIALS
    }
}

fn times(load: u64, factor: f64) -> u64 {
    (load as f64 * factor).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds {
        from: 100,
        least: 1,
        most: 100_000,
        factor: 2.0,
        precision: 0.05,
    };

    fn clear(load: u64, held: bool) -> Trial {
        Trial {
            load,
            outcome: if held { Outcome::Held } else { Outcome::Broke },
            close: false,
        }
    }

    /// Searches against a target that answers so, to the end.
    fn search(bounds: &Bounds, mut target: impl FnMut(u64) -> Trial) -> (End, Vec<Trial>) {
        let mut trials = Vec::new();
        loop {
            match bounds.next(&trials) {
                Next::Try(load) => trials.push(target(load)),
                Next::Done(end) => return (end, trials),
            }
            assert!(trials.len() as u32 <= bounds.most_trials(), "{trials:?}");
        }
    }

    fn loads(trials: &[Trial]) -> Vec<u64> {
        trials.iter().map(|trial| trial.load).collect()
    }

    #[test]
    fn up_by_the_factor_then_between() {
        let (end, trials) = search(&BOUNDS, |load| clear(load, load <= 700));
        assert_eq!(loads(&trials), [100, 200, 400, 800, 566, 673, 734, 703]);
        assert_eq!((end.held, end.broke), (Some(673), Some(703)));
        assert_eq!(end.because, Because::Precise);
    }

    #[test]
    fn down_if_not_even_the_first_holds() {
        let (end, trials) = search(&BOUNDS, |load| clear(load, load <= 3));
        assert_eq!(loads(&trials), [100, 50, 25, 13, 7, 4, 2, 3]);
        assert_eq!((end.held, end.broke), (Some(3), Some(4)));
        let (end, _) = search(&BOUNDS, |load| clear(load, false));
        assert_eq!((end.held, end.broke), (None, Some(1)));
        assert_eq!(end.because, Because::Least);
    }

    #[test]
    fn up_to_the_largest() {
        let bounds = Bounds {
            most: 450,
            ..BOUNDS
        };
        let (end, trials) = search(&bounds, |load| clear(load, true));
        assert_eq!(loads(&trials), [100, 200, 400, 450]);
        assert_eq!((end.held, end.broke), (Some(450), None));
        assert_eq!(end.because, Because::Most);
    }

    #[test]
    fn what_is_close_takes_two_that_agree() {
        let close = |outcome| Trial {
            load: 100,
            outcome,
            close: true,
        };
        let (held, broke) = (close(Outcome::Held), close(Outcome::Broke));
        let unclear = close(Outcome::Unclear);
        let decided = |trials: &[Trial]| decide(trials.iter().copied());
        assert_eq!(decided(&[held]), None);
        assert_eq!(decided(&[held, held]), Some(Outcome::Held));
        assert_eq!(decided(&[held, broke]), None);
        assert_eq!(decided(&[held, broke, broke]), Some(Outcome::Broke));
        assert_eq!(decided(&[broke, clear(100, true)]), Some(Outcome::Held));
        assert_eq!(decided(&[unclear, broke, unclear, held]), None);
        assert_eq!(
            decided(&[unclear, broke, unclear, unclear]),
            Some(Outcome::Unclear)
        );
        assert_eq!(BOUNDS.next(&[held]), Next::Try(100));
        assert_eq!(BOUNDS.next(&[held, held]), Next::Try(200));
    }

    #[test]
    fn what_says_nothing_ends_the_search_and_is_no_limit() {
        let (end, trials) = search(&BOUNDS, |load| Trial {
            outcome: if load < 400 {
                Outcome::Held
            } else {
                Outcome::Unclear
            },
            ..clear(load, true)
        });
        assert_eq!(loads(&trials), [100, 200, 400, 400, 400]);
        assert_eq!((end.held, end.broke), (Some(200), None));
        assert_eq!(end.because, Because::Unclear(400));
    }

    #[test]
    fn a_search_goes_on_where_it_was() {
        let target = |load| clear(load, load <= 700);
        let (end, trials) = search(&BOUNDS, target);
        for cut in 0..trials.len() {
            let mut again = trials[..cut].to_vec();
            while let Next::Try(load) = BOUNDS.next(&again) {
                again.push(target(load));
            }
            assert_eq!(again, trials);
        }
        assert_eq!(BOUNDS.next(&trials), Next::Done(end));
    }

    fn any_bounds() -> impl Strategy<Value = Bounds> {
        (
            1..50_u64,
            1..1_000_000_u64,
            0.0..1.0_f64,
            1.05..10.0_f64,
            0.005..0.5_f64,
        )
            .prop_map(|(least, more, at, factor, precision)| Bounds {
                from: least + (more as f64 * at) as u64,
                least,
                most: least + more,
                factor,
                precision,
            })
    }

    proptest! {
        /// Against any target with one limit and no noise: the limit is within what is told, which is as precise as was asked for.
        #[test]
        fn finds_any_limit(bounds in any_bounds(), at in 0.0..1.2_f64) {
            let limit = (bounds.most as f64 * at) as u64;
            let (end, _) = search(&bounds, |load| clear(load, load <= limit));
            if limit < bounds.least {
                prop_assert_eq!(end.because, Because::Least);
            } else if limit >= bounds.most {
                prop_assert_eq!((end.because, end.held), (Because::Most, Some(bounds.most)));
            } else {
                prop_assert_eq!(end.because, Because::Precise);
                let (held, broke) = (end.held.unwrap(), end.broke.unwrap());
                prop_assert!(held <= limit && limit < broke, "{held} {limit} {broke}");
                let near = broke as f64 <= held as f64 * (1.0 + bounds.precision);
                prop_assert!(near || broke == held + 1, "{held} {broke}");
            }
        }

        /// Near its limit a target now holds and now does not: what is told is within a tenth of it all the same.
        #[test]
        fn finds_a_limit_that_is_not_sharp(limit in 200..50_000_u64, noise in any::<u64>()) {
            let mut draw = noise;
            let (end, _) = search(&BOUNDS, |load| {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = load as f64 / limit as f64;
                let close = (0.97..1.03).contains(&at);
                let held = if close { (draw >> 33) % 2 == 0 } else { at < 1.0 };
                Trial { close, ..clear(load, held) }
            });
            let near = |load: Option<u64>| (load.unwrap() as f64 / limit as f64 - 1.0).abs() < 0.1;
            if end.because == Because::Precise {
                prop_assert!(near(end.held) && near(end.broke), "{end:?}");
            } else {
                // A load that never says the same twice.
                prop_assert!(matches!(end.because, Because::Unclear(_)), "{end:?}");
            }
        }

        /// However noisy the target is: the search ends within its bound, and what it tells is what was seen.
        #[test]
        fn ends_whatever_it_hears(bounds in any_bounds(), limit in 1..1_000_000_u64, noise in any::<u64>()) {
            let mut draw = noise;
            let (end, trials) = search(&bounds, |load| {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let luck = draw >> 33;
                let outcome = match luck % 4 {
                    0 => Outcome::Unclear,
                    1 => Outcome::Held,
                    _ if load <= limit => Outcome::Held,
                    _ => Outcome::Broke,
                };
                Trial { load, outcome, close: (luck >> 2) % 2 == 0 }
            });
            let seen = |outcome, load| trials.iter().any(|t| (t.outcome, Some(t.load)) == (outcome, load));
            prop_assert!(end.held.is_none() || seen(Outcome::Held, end.held));
            prop_assert!(end.broke.is_none() || seen(Outcome::Broke, end.broke));
            prop_assert!(end.held.zip(end.broke).is_none_or(|(held, broke)| held < broke));
        }
    }
}
