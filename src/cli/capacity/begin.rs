//! The search that the flags of `pushproof capacity` ask for.

use std::time::Duration;

use anyhow::bail;

use super::CapacityArgs;
use crate::capacity::search::Bounds;
use crate::capacity::{Search, Settings, Vary, units};
use crate::cli::files;
use crate::cli::load::given;
use crate::cli::scenario::Asked;
use crate::run::process;
use crate::scenario::file::File;
use crate::scenario::{MOST_BYTES, MOST_SOCKETS, Plan, Problem};
use crate::summary::Target;

/// The highest rate that is tried unless another is asked for: far beyond what one machine can ask for.
const FASTEST: f64 = 1_000_000.0;
/// The smallest rate and payload that are tried unless a smaller one is asked for.
const SLOWEST: f64 = 1.0;
const SMALLEST: f64 = 64.0;
/// The payload to begin with, unless the scenario's is larger.
const PAYLOAD: f64 = 1_024.0;
/// The share of the scenario's load to begin with.
const BEGIN: f64 = 0.1;

/// The search that the flags ask for, or what is wrong with it, in words.
pub(super) fn search(args: &CapacityArgs, seed: u64) -> anyhow::Result<Result<Search, String>> {
    let flags = File {
        seed: Some(seed),
        thresholds: given(args.slo.clone()),
        ..args.load.file()
    };
    let asked = Asked::load(args.scenario.as_deref(), flags, &args.load.settings)?;
    let lanes_were_asked_for = asked.file().pushes.lanes.is_some();
    let plan = match asked.plan(seed) {
        Ok(plan) => plan,
        Err(told) => return Ok(Err(told)),
    };
    if plan.closed.is_some() {
        let message = "a search offers loads that do not wait for the target, and a closed loop offers none; leave mode = \"closed\" out";
        return Ok(Err(asked.told(&[Problem::new("pushes.mode", message)])));
    }
    if !plan.warm_up.is_zero() {
        let message =
            "a search warms each of its loads up itself; leave this out, and write --warm-up";
        return Ok(Err(asked.told(&[Problem::new("phases.ramp", message)])));
    }
    if !plan.stages.is_empty() {
        let message = "a search holds each of its loads steady and cannot follow stages; write a rate in the scenario instead";
        return Ok(Err(asked.told(&[Problem::new("pushes.stages", message)])));
    }
    let settings = Settings {
        vary: args.vary,
        bounds: bounds(args, &plan)?,
        most_was_asked_for: args.to.is_some(),
        lanes_were_asked_for,
        step: args.step_duration.0,
        step_most: args
            .step_at_most
            .map_or(args.step_duration.0 * 3, |most| most.0),
        warm_up: args.warm_up.0,
        cool_down: args.cool_down.0,
    };
    let search = Search {
        scenario: asked.name.clone(),
        target: Target::of(&plan),
        plan,
        settings,
        started_at_unix_ms: 0,
        took: Duration::ZERO,
        steps: Vec::new(),
        environment: process::environment(),
        interrupted: false,
        trouble: None,
    };
    // What the scenario says together with the loads at both ends has to make sense too.
    let ends = [settings.bounds.from, settings.bounds.most];
    let wrong = ends.iter().find_map(|load| {
        let plan = search.plan_of(*load);
        Plan::from_file(&plan.as_meant(), seed).err()
    });
    Ok(match wrong {
        Some(problems) => Err(asked.told(&problems)),
        None => Ok(search),
    })
}

/// In which loads to search, in the search's own unit.
fn bounds(args: &CapacityArgs, plan: &Plan) -> anyhow::Result<Bounds> {
    let vary = args.vary;
    let given = |flag: &'static str, text: Option<&String>| {
        let load = text.map(|text| vary.parse(text));
        load.transpose()
            .map_err(|why| anyhow::anyhow!("{flag}: {why}"))
    };
    let (from, to) = (
        given("--from", args.from.as_ref())?,
        given("--to", args.to.as_ref())?,
    );
    let apps = plan.apps.len() as f64 * f64::from(plan.sockets_per_user);
    let (begin, least, most) = match vary {
        Vary::Sockets => {
            let room = files::room(plan).min(MOST_SOCKETS);
            // No more users than are listed.
            let listed = plan.people.most().map_or(u64::MAX, |users| {
                u64::from(users) * u64::from(plan.sockets_per_user)
            });
            let most = room.min(listed) as f64;
            (f64::from(plan.sockets()) * BEGIN, apps, most)
        }
        Vary::Rate => (plan.rate * BEGIN, SLOWEST, FASTEST),
        Vary::Payload => (
            PAYLOAD.max(plan.size.most().into()),
            SMALLEST,
            MOST_BYTES.into(),
        ),
    };
    let from = from.unwrap_or(begin.max(least));
    let unit = vary.unit();
    if let Some(to) = to.filter(|to| *to > most) {
        bail!("--to: {to} {unit} are more than can be asked for from here (at most {most})");
    }
    let to = to.unwrap_or(most);
    if from > to {
        bail!("--from: {from} {unit} are more than the largest load to try ({to})");
    }
    if vary == Vary::Sockets && from < apps {
        bail!("--from: {from} sockets are fewer than one for each app ({apps})");
    }
    let to_units = |load: f64| units(vary, plan, load);
    Ok(Bounds {
        from: to_units(from).max(1),
        least: to_units(least.min(from)).max(1),
        most: match vary {
            // What is left of a user is no user.
            Vary::Sockets => (to / f64::from(plan.sockets_per_user)) as u64,
            _ => to_units(to),
        },
        factor: args.factor,
        precision: args.precision,
    })
}
