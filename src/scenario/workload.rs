//! What each push of a run is: a pure function of the seed and the push's place.
//!
//! Nothing is drawn in sequence, so lanes need not agree on anything, a worker on another machine makes the same pushes, and the
//! verifier can make a payload again when it needs to compare.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::audience::{Aimed, Aims};
use super::event::Events;
use super::file::Shape;
use super::plan::Plan;
use crate::ids::{AppId, Audience, EventId, PushId};
use crate::time::Time;
use crate::verify::{Rules, Source, Tag, Tagger};

/// The pushes of a plan.
#[derive(Debug, Clone)]
pub struct Workload {
    seed: u64,
    lanes: u32,
    aims: Aims,
    events: Events,
    shapes: Vec<Shape>,
    size: usize,
    pace: crate::pace::Pace,
    tagger: Tagger,
}

/// One push as the schedule wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// When, counted from the start of pushing.
    pub intended: Time,
    /// In which app.
    pub app: AppId,
    /// Whom it is aimed at.
    pub audience: Audience,
    /// Under which name.
    pub event: EventId,
    /// In which shape.
    pub shape: Shape,
    /// Decides the rest of the payload.
    filler: u64,
}

impl Workload {
    /// The pushes of this plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            lanes: plan.lanes,
            aims: Aims::new(plan),
            events: Events::new(&plan.weights),
            shapes: plan.shapes.clone(),
            size: plan.size as usize,
            pace: plan.pace(),
            tagger: Tagger::new(plan.seed),
        }
    }

    /// What the arrivals of its plan are judged by.
    pub fn rules(&self, plan: &Plan) -> Rules {
        Rules {
            tagger: self.tagger.clone(),
            events: plan.events.clone(),
            ordering: plan.ordering,
            deadline: plan.deadline,
            settle: plan.settle,
        }
    }

    /// The push at this place; `None` past the end of the schedule. Lanes take turns: push `n` of the schedule is push `n / lanes`
    /// of lane `n % lanes`.
    pub fn spec(&self, id: PushId) -> Option<Spec> {
        let n = self.place(id)?;
        Some(self.draw(n, self.pace.intended(n)))
    }

    /// The same with no time worked out: its `intended` is zero. Cheaper where only the rest matters.
    pub fn spec_at_any_time(&self, id: PushId) -> Option<Spec> {
        Some(self.draw(self.place(id)?, Time::ZERO))
    }

    /// The place of a push in the schedule over all lanes.
    fn place(&self, id: PushId) -> Option<u64> {
        let n = u64::from(id.seq.0) * u64::from(self.lanes) + u64::from(id.lane.0);
        (n < self.pace.hits() && id.lane.0 < self.lanes).then_some(n)
    }

    fn draw(&self, n: u64, intended: Time) -> Spec {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(n);
        let drawn = self.aims.draw(&mut rng);
        let event = self.events.draw(&mut rng);
        let shape = self.shapes[below(&mut rng, self.shapes.len() as u32) as usize];
        let filler = rng.next_u64();
        // Last, for it may take any number of draws: whom a scenario aims at changes nothing else of its pushes.
        let Aimed { app, audience } = self.aims.aim(n, drawn, &mut rng);
        Spec {
            intended,
            app,
            audience,
            event,
            shape,
            filler,
        }
    }

    /// The tag of a push, given its place in its stream.
    pub fn tag(id: PushId, spec: &Spec, stream_seq: u32) -> Tag {
        Tag {
            push: id,
            app: spec.app,
            audience: spec.audience,
            event: spec.event,
            stream_seq,
            intended: spec.intended,
        }
    }

    /// The payload of a push as JSON.
    pub fn payload(&self, spec: &Spec, tag: &Tag) -> String {
        let blank = self.tagger.blank(tag);
        let text = text(spec.filler);
        let (before, after) = match spec.shape {
            Shape::Object => (
                format!(
                    r#"{{"message":"{text}","page":"my-home-page,profile","parameters":{{"duration":{},"position":"top-right"}},"pp":""#,
                    spec.filler % 9_000 + 1_000
                ),
                format!(r#"","ratio":{}.5,"read":false}}"#, spec.filler % 100),
            ),
            Shape::Array => (
                "[\"".to_owned(),
                format!(
                    r#"","{text}",{{"id":{},"tags":[]}},null,true]"#,
                    spec.filler % 1_000_000
                ),
            ),
            Shape::Text => ("\"".to_owned(), format!(" {text}\"")),
        };
        let at = before.len();
        let mut payload = before + &blank + &after;
        self.fill(spec, &mut payload);
        self.tagger.seal(&mut payload, at);
        payload
    }

    /// Fills a payload up to its size with text, at its end.
    fn fill(&self, spec: &Spec, payload: &mut String) {
        if payload.len() >= self.size {
            return;
        }
        let (before, after) = match spec.shape {
            Shape::Object => (",\"filler\":\"", "\"}"),
            Shape::Array => (",\"", "\"]"),
            Shape::Text => (" ", "\""),
        };
        let end = payload.pop();
        debug_assert!(end.is_some_and(|end| after.ends_with(end)));
        payload.push_str(before);
        let lacking = self.size.saturating_sub(payload.len() + after.len());
        let start = spec.filler as usize % FILLER.len();
        let text = FILLER.bytes().cycle().skip(start).take(lacking);
        payload.extend(text.map(char::from));
        payload.push_str(after);
    }
}

impl Source for Workload {
    fn payload(&self, tag: &Tag) -> String {
        let spec = self.spec_at_any_time(tag.push);
        spec.map(|spec| self.payload(&spec, tag))
            .unwrap_or_default()
    }
}

/// Texts as real alerts have them, in several scripts. None needs a JSON escape but those written here.
const TEXTS: [&str; 8] = [
    "Your order has shipped",
    "New message from Zoë",
    "Обновите страницу",
    "会議は15分後に始まります",
    "Payment received \\u2014 thank you \u{1f389}",
    "She said \\\"hello\\\" \\\\ waved",
    "🇷🇺 Привет, {{name}}",
    "line one\\nline two\\ttabbed",
];

/// What payloads are filled up with: ASCII, of words.
const FILLER: &str = "the quick brown fox jumps over the lazy dog and comes back for more ";

fn text(filler: u64) -> String {
    let text = TEXTS[(filler >> 32) as usize % TEXTS.len()];
    format!("{text} #{}", (filler >> 40) & 0xffff)
}

/// A number below `n`, evenly enough: the bias of the multiplication is under n / 2^32.
pub(super) fn below(rng: &mut ChaCha8Rng, n: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(n)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Lane, Seq};
    use crate::scenario::file::File;
    use crate::verify::Found;

    /// Every push of a lane, in order.
    fn lane(workload: &Workload, lane: Lane) -> impl Iterator<Item = (PushId, Spec)> + '_ {
        (0..).map_while(move |seq| {
            let id = PushId {
                lane,
                seq: Seq(seq),
            };
            Some((id, workload.spec(id)?))
        })
    }

    fn workload(text: &str) -> Workload {
        let file = File::parse(text).unwrap();
        Workload::new(&Plan::from_file(&file, 5).unwrap())
    }

    #[test]
    fn lanes_share_the_schedule() {
        let workload = workload("");
        let mut times: Vec<_> = (0..4)
            .flat_map(|n| lane(&workload, Lane(n)).map(|(_, spec)| spec.intended))
            .collect();
        assert_eq!(times.len(), 2_000);
        times.sort();
        for (n, time) in times.iter().enumerate() {
            assert_eq!(time.as_micros(), n as u64 * 5_000);
        }
    }

    #[test]
    fn the_mix_is_as_asked_for() {
        let workload = workload("[pushes]\nrate = \"1000/s\"\n");
        let specs: Vec<_> = (0..4)
            .flat_map(|n| lane(&workload, Lane(n)).map(|(_, spec)| spec))
            .collect();
        let share = |test: &dyn Fn(&Spec) -> bool| {
            specs.iter().filter(|s| test(s)).count() as f64 / specs.len() as f64
        };
        let near = |share: f64, wanted: f64| assert!((share - wanted).abs() < 0.02, "{share}");
        near(share(&|s| s.audience == Audience::Everyone), 0.1);
        near(share(&|s| s.app == AppId(1)), 0.5);
        for event in 0..3 {
            near(share(&|s| s.event == EventId(event)), 1.0 / 3.0);
        }
        for shape in [Shape::Object, Shape::Array, Shape::Text] {
            near(share(&|s| s.shape == shape), 1.0 / 3.0);
        }
        for spec in &specs {
            if let Audience::User(user) = spec.audience {
                assert_eq!(spec.app, AppId(user.0 % 2));
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let (one, two) = (workload("seed = 3\n"), workload("seed = 3\n"));
        let other = workload("seed = 4\n");
        for (id, spec) in lane(&one, Lane(2)) {
            assert_eq!(two.spec(id), Some(spec));
            let tag = Workload::tag(id, &spec, 8);
            let payload = one.payload(&spec, &tag);
            assert_eq!(Source::payload(&two, &tag), payload);
            assert_ne!(Source::payload(&other, &tag), payload);
        }
    }

    #[test]
    fn payloads_are_as_long_as_asked_for() {
        for size in [200, 1_000, 70_000] {
            let workload = workload(&format!("[pushes]\nsize = {size}\nduration = \"500ms\"\n"));
            for (id, spec) in lane(&workload, Lane(1)) {
                let payload = workload.payload(&spec, &Workload::tag(id, &spec, 1));
                assert!(payload.len() >= size, "{payload}");
                assert!(payload.len() <= size.max(320), "{payload}");
            }
        }
    }

    #[test]
    fn payloads_are_json_of_their_shape_and_carry_their_tag() {
        for size in [0, 5_000] {
            are_json_of_their_shape(&workload(&format!("[pushes]\nsize = {size}\n")));
        }
    }

    fn are_json_of_their_shape(workload: &Workload) {
        for (id, spec) in lane(workload, Lane(1)) {
            let tag = Workload::tag(id, &spec, 1);
            let payload = workload.payload(&spec, &tag);
            let value: serde_json::Value = serde_json::from_str(&payload).unwrap();
            assert!(match spec.shape {
                Shape::Object => value.is_object(),
                Shape::Array => value.is_array(),
                Shape::Text => value.is_string(),
            });
            let found = workload.tagger.find(payload.as_bytes());
            assert_eq!(found, Some(Found { tag, intact: true }));
        }
    }
}
