//! Running scenarios on an object, and those that they trigger.

use super::{Bounds, MOST_DEPTH, MOST_STEPS, Prepared, Scenario, Step, StepError, Trigger, name};
use crate::platform::hub::Audience;
use crate::platform::said::Said;
use crate::platform::store::AppData;
use crate::platform::template::{Fields, Template};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Where scenarios run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'w> {
    /// The app's scenarios.
    pub(crate) scenarios: &'w [Scenario],
    /// The app's objects.
    pub(crate) data: AppData<'w>,
    /// Who has called, as JSON.
    pub(crate) user: &'w RawValue,
    /// Milliseconds since 1970.
    pub(crate) when: u64,
    /// What a push may be.
    pub(crate) bounds: Bounds,
}

/// A step whose templates are filled.
#[derive(Debug)]
enum Ready<'a> {
    Push(Prepared<'a>),
    Create {
        structure: usize,
        values: Vec<(usize, Cow<'a, str>)>,
    },
    Change {
        structure: usize,
        id: String,
        values: Vec<(usize, Cow<'a, str>)>,
    },
    Reply(Cow<'a, str>),
}

/// What the caller gets, as JSON, if it is more than what became of the pushes.
type Outcome = Result<Option<Vec<String>>, StepError>;

/// Runs scenarios on an object: hands each push's audience, event and message, as JSON or bytes, to `push`. Returns what became of all pushes, and
/// what the caller gets. All steps of these scenarios are checked before the first one is done; those that they trigger are checked when they are
/// triggered, and if one of them fails, what was done before it stays done.
pub(crate) fn run<'s, P>(
    scenarios: impl Iterator<Item = &'s Scenario>,
    fields: &Fields<'_>,
    world: World<'_>,
    push: impl FnMut(Audience<'_>, &str, Option<Said<'_>>) -> P,
) -> (Vec<P>, Outcome) {
    let mut ready = Vec::new();
    for scenario in scenarios {
        if let Err(error) = prepare(scenario, fields, world, &mut ready) {
            return (Vec::new(), Err(error));
        }
    }
    let mut running = Running {
        world,
        push,
        pushed: Vec::with_capacity(ready.len()),
        left: MOST_STEPS,
        replies: Vec::new(),
        made: None,
    };
    let ended = running.carry_out(ready, 0);
    let result = ended.map(|()| {
        if running.replies.is_empty() {
            running.made.map(|made| vec![made])
        } else {
            Some(running.replies)
        }
    });
    (running.pushed, result)
}

/// Fills and checks the steps of a scenario.
fn prepare<'a>(
    scenario: &Scenario,
    fields: &Fields<'a>,
    world: World<'_>,
    ready: &mut Vec<Ready<'a>>,
) -> Result<(), StepError> {
    scenario.check(fields)?;
    let fill = |template: &Template| template.fill(fields).unwrap_or(Cow::Borrowed("null"));
    let place = |structure: &str| {
        let place = world.data.place(structure);
        place.ok_or_else(|| StepError::NoStructure(structure.to_owned()))
    };
    let values = |structure: usize, named: &[(String, Template)]| {
        let fields = &world.data.structure(structure).fields;
        let value = |(name, template): &(String, Template)| {
            let place = fields.iter().position(|field| field == name)?;
            Some((place, fill(template)))
        };
        named.iter().filter_map(value).collect()
    };
    for step in &scenario.steps {
        ready.push(match step {
            Step::SendPush(push) => Ready::Push(push.prepare(fields, world.bounds)?),
            Step::Create(create) => {
                let structure = place(&create.structure)?;
                let values = values(structure, &create.fields);
                Ready::Create { structure, values }
            }
            Step::Change(change) => {
                let structure = place(&change.structure)?;
                Ready::Change {
                    structure,
                    id: name(change.id.fill(fields).as_deref(), "id")?,
                    values: values(structure, &change.fields),
                }
            }
            Step::Reply(reply) => Ready::Reply(fill(reply)),
        });
    }
    Ok(())
}

struct Running<'w, P, F> {
    world: World<'w>,
    push: F,
    pushed: Vec<P>,
    /// How many steps may still be done.
    left: usize,
    replies: Vec<String>,
    /// The object made last, by the scenarios that were called.
    made: Option<String>,
}

impl<P, F: FnMut(Audience<'_>, &str, Option<Said<'_>>) -> P> Running<'_, P, F> {
    fn carry_out(&mut self, ready: Vec<Ready<'_>>, depth: usize) -> Result<(), StepError> {
        for step in ready {
            self.left = self.left.checked_sub(1).ok_or(StepError::TooManySteps)?;
            let (structure, object, created) = match step {
                Ready::Push(ready) => {
                    let audience = match ready.user.as_str() {
                        "*" => Audience::Everyone,
                        user => Audience::User(user),
                    };
                    let pushed = (self.push)(audience, &ready.event, ready.said());
                    self.pushed.push(pushed);
                    continue;
                }
                Ready::Reply(json) => {
                    self.replies.push(json.into_owned());
                    continue;
                }
                Ready::Create { structure, values } => {
                    let World { data, when, .. } = self.world;
                    (structure, data.create(structure, &values, when), true)
                }
                Ready::Change {
                    structure,
                    id,
                    values,
                } => {
                    let changed = self.world.data.change(structure, &id, &values);
                    (structure, changed.ok_or(StepError::NoObject)?, false)
                }
            };
            let told = self.tell(structure, &object, created, depth);
            if depth == 0 {
                self.made = Some(object);
            }
            told?;
        }
        Ok(())
    }

    /// Runs the scenarios that an object triggers: all of them, whatever becomes of one. Gives the first error.
    fn tell(
        &mut self,
        structure: usize,
        object: &str,
        created: bool,
        depth: usize,
    ) -> Result<(), StepError> {
        let World {
            scenarios, data, ..
        } = self.world;
        let structure = &data.structure(structure).name;
        let mut triggered = scenarios.iter().filter(|one| match &one.on {
            Trigger::Created(name) => created && name == structure,
            Trigger::Changed(name) => !created && name == structure,
            _ => false,
        });
        let Some(first) = triggered.next() else {
            return Ok(());
        };
        if depth == MOST_DEPTH {
            return Err(StepError::TooDeep);
        }
        let mut fields: Fields<'_> = serde_json::from_str(object).unwrap_or_default();
        if let Some(id) = fields.get("id").copied() {
            fields.insert("@id".into(), id);
        }
        fields.insert("@user".into(), self.world.user);
        let mut ended = Ok(());
        for scenario in std::iter::once(first).chain(triggered) {
            let mut ready = Vec::new();
            let one = prepare(scenario, &fields, self.world, &mut ready)
                .and_then(|()| self.carry_out(ready, depth + 1));
            ended = ended.and(one.map_err(|error| in_scenario(scenario, error)));
        }
        ended
    }
}

/// Says which scenario it was: the innermost one.
fn in_scenario(scenario: &Scenario, error: StepError) -> StepError {
    match error {
        StepError::Triggered { .. } | StepError::TooManySteps | StepError::TooDeep => error,
        error => StepError::Triggered {
            scenario: scenario.name.clone(),
            error: Box::new(error),
        },
    }
}
