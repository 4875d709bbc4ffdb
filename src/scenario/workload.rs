//! What each push of a run is: a pure function of the seed and the push's place.
//!
//! Nothing is drawn in sequence, so lanes need not agree on anything, a worker on another machine makes the same pushes, and the
//! verifier can make a payload again when it needs to compare.

use std::borrow::Cow;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::audience::{Aimed, Aims};
use super::event::Events;
use super::file::Shape;
use super::payload::template::{Room, Template, Values};
use super::payload::{Content, Made, Payload, Size, bytes};
use super::plan::Plan;
use super::triggers::Deal;
use crate::ids::{AppId, Audience, EventId, PushId};
use crate::time::Time;
use crate::verify::{Rules, Source, Tag, Tagger};

/// The pushes of a plan.
#[derive(Debug, Clone)]
pub struct Workload {
    seed: u64,
    deal: Deal,
    aims: Aims,
    events: Events,
    payloads: Arc<[Kind]>,
    draws: Draws,
    plan: Arc<Plan>,
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
    /// Which of the plan's payloads it carries ([`Plan::payloads`], or its shapes).
    pub payload: u16,
    /// Decides the rest of the payload.
    filler: u64,
}

/// What a push carries.
#[derive(Debug)]
struct Kind {
    made: Made,
    /// The event name that it is pushed under, whichever was drawn.
    event: Option<EventId>,
    size: Size,
}

/// How a payload is drawn.
#[derive(Debug, Clone)]
enum Draws {
    /// Each as often.
    Alike,
    /// By weights.
    Weighted(Events),
}

impl Workload {
    /// The pushes of this plan.
    pub fn new(plan: &Plan) -> Self {
        let named = |name: &String| plan.events.iter().position(|event| event == name);
        let payloads = plan.carried();
        let kinds = payloads.iter().map(|payload| Kind {
            // A plan is checked: each can be made.
            made: payload.made().unwrap_or(Made::Fixed(String::new())),
            event: payload
                .event
                .as_ref()
                .and_then(named)
                .map(|n| EventId(n as u32)),
            size: payload.size.as_ref().unwrap_or(&plan.size).clone(),
        });
        let weights: Vec<_> = payloads.iter().map(|payload| payload.weight).collect();
        Self {
            seed: plan.seed,
            deal: plan.deal(),
            aims: Aims::new(plan),
            events: Events::new(&plan.weights),
            payloads: kinds.collect(),
            draws: if weights.iter().all(|weight| *weight == 1) {
                Draws::Alike
            } else {
                Draws::Weighted(Events::new(&weights))
            },
            plan: Arc::new(plan.clone()),
            pace: plan.pace_beyond(),
            tagger: Tagger::new(plan.seed),
        }
    }

    /// What the arrivals of its plan are judged by.
    pub fn rules(&self, plan: &Plan) -> Rules {
        Rules {
            tagger: self.tagger.clone(),
            events: plan.events.clone(),
            untagged: self.untagged(),
            triggers: plan.trigger_of_lanes(),
            ordering: plan.ordering,
            deadline: plan.deadline,
            settle: plan.settle,
        }
    }

    /// The push at this place; `None` past the end of the schedule, as far as that can be [made to go](Plan::pace_beyond). [`Deal`] says which push of the schedule it is.
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
        let n = self.deal.place(id)?;
        (n < self.pace.hits()).then_some(n)
    }

    fn draw(&self, n: u64, intended: Time) -> Spec {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(n);
        let drawn = self.aims.draw(&mut rng);
        let event = self.events.draw(&mut rng);
        let payload = match &self.draws {
            Draws::Alike => below(&mut rng, self.payloads.len() as u32),
            Draws::Weighted(weights) => weights.draw(&mut rng).0,
        };
        let event = self.payloads[payload as usize].event.unwrap_or(event);
        let filler = rng.next_u64();
        // Last, for it may take any number of draws: whom a scenario aims at changes nothing else of its pushes.
        let Aimed { app, audience } = self.aims.aim(n, drawn, &mut rng);
        Spec {
            intended,
            app,
            audience,
            event,
            payload: payload as u16,
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

    /// The payloads that carry no tag, each with its event name: by that alone they are told.
    fn untagged(&self) -> Vec<(EventId, String)> {
        let kinds = self.payloads.iter();
        kinds
            .filter_map(|kind| match &kind.made {
                Made::Fixed(fixed) => Some((kind.event?, fixed.clone())),
                Made::Shape(_) | Made::Tagged(_) | Made::Bytes => None,
            })
            .collect()
    }

    /// Whether a push carries no tag.
    pub fn is_untagged(&self, spec: &Spec) -> bool {
        matches!(
            self.payloads[usize::from(spec.payload)].made,
            Made::Fixed(_)
        )
    }

    /// Whether a push carries bytes.
    pub fn is_binary(&self, spec: &Spec) -> bool {
        matches!(self.payloads[usize::from(spec.payload)].made, Made::Bytes)
    }

    /// The bytes of a push that carries bytes; `None`: it carries JSON.
    pub fn bytes(&self, spec: &Spec, tag: &Tag) -> Option<Vec<u8>> {
        if !self.is_binary(spec) {
            return None;
        }
        let size = self.payloads[usize::from(spec.payload)]
            .size
            .draw(spec.filler) as usize;
        Some(bytes::made(&self.tagger, spec.filler, size, tag))
    }

    /// The payload of a push as JSON; empty: no message at all, or bytes.
    pub fn payload(&self, spec: &Spec, tag: &Tag) -> String {
        let kind = &self.payloads[usize::from(spec.payload)];
        let blank = self.tagger.blank(tag);
        let (mut payload, at) = match &kind.made {
            Made::Fixed(fixed) => return fixed.clone(),
            Made::Bytes => return String::new(),
            Made::Shape(shape) => made_up(*shape, spec.filler, &blank),
            Made::Tagged(rows) => {
                let row = ((u128::from(spec.filler) * rows.len() as u128) >> 64) as usize;
                self.of_template(&rows[row], spec, tag.push, &blank)
            }
        };
        let size = kind.size.draw(spec.filler) as usize;
        fill(spec.filler, size, &mut payload);
        self.tagger.seal(&mut payload, at);
        payload
    }

    fn of_template(
        &self,
        template: &Template,
        spec: &Spec,
        id: PushId,
        blank: &str,
    ) -> (String, usize) {
        let mut values = Of {
            plan: &self.plan,
            spec,
            seq: self.deal.place(id).unwrap_or_default(),
            rng: None,
        };
        template.filled(blank, &mut values)
    }
}

/// What stands in the places of a payload.
struct Of<'a> {
    plan: &'a Plan,
    spec: &'a Spec,
    seq: u64,
    rng: Option<ChaCha8Rng>,
}

impl Values for Of<'_> {
    fn user(&self) -> String {
        self.plan.audience_name(self.spec.audience)
    }

    fn app(&self) -> &str {
        &self.plan.apps[self.spec.app.index()]
    }

    fn event(&self) -> &str {
        &self.plan.events[self.spec.event.index()]
    }

    fn seq(&self) -> u64 {
        self.seq
    }

    fn random(&mut self) -> char {
        let seed = self.spec.filler;
        let rng = self
            .rng
            .get_or_insert_with(|| ChaCha8Rng::seed_from_u64(seed));
        letter(rng)
    }
}

/// A payload that nobody wrote, and where its tag begins.
fn made_up(shape: Shape, filler: u64, blank: &str) -> (String, usize) {
    let text = text(filler);
    let (before, after) = match shape {
        Shape::Object => (
            format!(
                r#"{{"message":"{text}","page":"my-home-page,profile","parameters":{{"duration":{},"position":"top-right"}},"pp":""#,
                filler % 9_000 + 1_000
            ),
            format!(r#"","ratio":{}.5,"read":false}}"#, filler % 100),
        ),
        Shape::Array => (
            "[\"".to_owned(),
            format!(
                r#"","{text}",{{"id":{},"tags":[]}},null,true]"#,
                filler % 1_000_000
            ),
        ),
        Shape::Text => ("\"".to_owned(), format!(" {text}\"")),
    };
    let at = before.len();
    (before + blank + &after, at)
}

/// Fills a payload up to its size with text, at its end.
fn fill(filler: u64, size: usize, payload: &mut String) {
    if payload.len() >= size {
        return;
    }
    payload.truncate(payload.trim_end().len());
    let (before, after) = match Payload::room_of(payload) {
        Some(Room::Object { .. }) => (",\"filler\":\"", "\"}"),
        Some(Room::Array { .. }) => (",\"", "\"]"),
        Some(Room::Text) => (" ", "\""),
        None => return,
    };
    payload.pop();
    payload.push_str(before);
    let lacking = size.saturating_sub(payload.len() + after.len());
    let start = filler as usize % FILLER.len();
    let text = FILLER.bytes().cycle().skip(start).take(lacking);
    payload.extend(text.map(char::from));
    payload.push_str(after);
}

impl Plan {
    /// What its pushes carry, by the numbers that [`Spec::payload`] has.
    pub fn carried(&self) -> Cow<'_, [Payload]> {
        if self.payloads.is_empty() {
            let made = self
                .shapes
                .iter()
                .map(|shape| Content::Shape(*shape).into());
            Cow::Owned(made.collect())
        } else {
            Cow::Borrowed(&self.payloads)
        }
    }
}

impl Source for Workload {
    fn payload(&self, tag: &Tag) -> String {
        let spec = self.spec_at_any_time(tag.push);
        spec.map(|spec| self.payload(&spec, tag))
            .unwrap_or_default()
    }

    fn is_binary(&self, tag: &Tag) -> bool {
        let spec = self.spec_at_any_time(tag.push);
        spec.is_some_and(|spec| self.is_binary(&spec))
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

/// A letter or a digit, for `{{random}}`.
pub(super) fn letter(rng: &mut ChaCha8Rng) -> char {
    const CHARS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char::from(CHARS[below(rng, CHARS.len() as u32) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Lane, Seq};
    use crate::scenario::file::File;
    use crate::verify::{By, Found};

    /// Every push of a lane that the schedule has as it is written, in order.
    fn lane(workload: &Workload, lane: Lane) -> impl Iterator<Item = (PushId, Spec)> + '_ {
        (0..).map_while(move |seq| {
            let id = PushId {
                lane,
                seq: Seq(seq),
            };
            let spec = workload.spec(id)?;
            let lasts = Time::ZERO + workload.plan.duration;
            (spec.intended < lasts).then_some((id, spec))
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
        for payload in 0..3 {
            near(share(&|s| s.payload == payload), 1.0 / 3.0);
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
            assert!(match workload.plan.shapes[usize::from(spec.payload)] {
                Shape::Object => value.is_object(),
                Shape::Array => value.is_array(),
                Shape::Text => value.is_string(),
            });
            let found = workload.tagger.find(payload.as_bytes());
            let by = By::Tag;
            assert_eq!(
                found,
                Some(Found {
                    tag,
                    intact: true,
                    by
                })
            );
        }
    }
}
