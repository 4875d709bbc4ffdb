//! What a run would do, in words: `--dry-run`.

use std::fmt::{Result, Write as _};
use std::time::Duration;

use super::text::number;
use crate::ids::UserId;
use crate::scenario::audience::Aim;
use crate::scenario::file::File;
use crate::scenario::schedule::Arrivals;
use crate::scenario::units::{Rate, Span};
use crate::scenario::{Askers, Closed, Forecast, Plan};
use crate::verify::Ordering;

/// The plan of a scenario with what it comes to, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(name: &str, plan: &Plan, forecast: &Forecast) -> String {
    let mut out = String::new();
    lines(&mut out, name, plan, forecast).expect("writing to memory does not fail");
    out
}

fn lines(out: &mut String, name: &str, plan: &Plan, forecast: &Forecast) -> Result {
    writeln!(out, "{name}: what a run would do\n")?;
    let mut line = |what: &str, words: String| writeln!(out, "  {what:<12}{words}");
    line("target", target(plan))?;
    for way in plan.ways() {
        line("proxy", way)?;
    }
    if plan.is_insecure() {
        line("INSECURE", "its certificate is not verified".to_owned())?;
    }
    if !plan.contract.namespace.is_empty() {
        line("namespace", plan.contract.namespace.to_string())?;
    }
    line("users", users(plan, forecast))?;
    if plan.closed.is_some() {
        line("closed loop", CLOSED.to_owned())?;
    }
    line("pushes", pushes(plan, forecast))?;
    if !plan.warm_up.is_zero() {
        let ramp = Span(plan.warm_up);
        line(
            "warm-up",
            format!("the pushes of the first {ramp} are verified, and left out of latencies"),
        )?;
    }
    if plan.triggers.len() > 1 {
        line("triggers", triggers(plan))?;
    }
    if let Some(senders) = senders(plan) {
        line("senders", senders)?;
    }
    line("events", events(plan, forecast))?;
    line("payloads", payloads(plan, forecast))?;
    line("deliveries", deliveries(plan, forecast))?;
    if let Some(requests) = requests(plan) {
        line("requests", requests)?;
    }
    if let Some(neglected) = neglected(plan) {
        line("neglect", neglected)?;
    }
    if let Some(churn) = churn(plan) {
        line("churn", churn)?;
    }
    line("right", right(plan))?;
    for threshold in &plan.thresholds {
        line("threshold", threshold.to_string())?;
    }
    for condition in &plan.abort_on {
        line("ends early", condition.to_string())?;
    }
    if let Some(faults) = &plan.faults {
        line(
            "misbehaves",
            format!("{} (fault seed {})", faults.rates, faults.seed),
        )?;
    }
    line("takes", takes(plan, forecast))?;
    line("seed", plan.seed.to_string())
}

/// Most who are named.
const MOST_SENDERS: usize = 6;

/// What a closed loop is, and what it hides.
const CLOSED: &str = "each lane sends its next push when its last one has arrived, or is overdue; latencies count from sending and hide what pushes would have waited for (coordinated omission)";

fn requests(plan: &Plan) -> Option<String> {
    let (requests, askers) = (plan.requests.as_ref()?, Askers::of(plan)?);
    Some(format!(
        "{} of event {:?}, {}, by {} in turn; {}, within {}",
        number(plan.requests_scheduled()),
        requests.event,
        Rate(requests.rate),
        plural_of(askers.count.into(), "socket"),
        requests.right_in_words(),
        Span(requests.timeout)
    ))
}

fn neglected(plan: &Plan) -> Option<String> {
    let counts = plan.clients.neglect.counts(plan.seed, plan.sockets());
    let what = ["read slowly", "stop reading", "stop answering pings"];
    let told = counts.into_iter().zip(what).filter(|(n, _)| *n > 0);
    let told: Vec<_> = told
        .map(|(n, what)| format!("{} {what}", plural_of(n.into(), "socket")))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn target(plan: &Plan) -> String {
    let what = match &plan.target {
        None if plan.platform_nodes > 1 => {
            format!("the embedded platform of {} nodes", plan.platform_nodes)
        }
        None => "the embedded platform".to_owned(),
        Some(url) => [std::slice::from_ref(url), &plan.nodes].concat().join(", "),
    };
    let recovers = plan.platform_recovery.map_or_else(String::new, |window| {
        format!(" · connections recovered for {}", Span(window))
    });
    format!(
        "{what}{recovers} · {} {}",
        plural(plan.apps.len(), "app"),
        plan.apps.join(", ")
    )
}

fn users(plan: &Plan, forecast: &Forecast) -> String {
    let workers = match plan.workers {
        0 | 1 => String::new(),
        n => format!(", held by {n} workers"),
    };
    let spoken = plan.clients.transports.count(plan.seed, plan.sockets());
    let spoken = spoken.into_iter().filter(|(_, sockets)| *sockets > 0);
    let spoken: Vec<_> = spoken
        .map(|(transport, sockets)| format!("{} by {transport}", number(sockets)))
        .collect();
    let log_in = if plan.contract.login.is_some() {
        "log in as"
    } else {
        "come without a login as"
    };
    let who = if plan.people.are_listed() {
        let last = UserId(plan.users.saturating_sub(1));
        format!("{} to {}", plan.name_of(UserId(0)), plan.name_of(last))
    } else {
        plan.user_name.clone()
    };
    let logins = match plan.login_rate {
        Some(rate) if plan.contract.login.is_some() => format!(", {rate} logins/s at most"),
        _ => String::new(),
    };
    let refused = plan.refused.map_or_else(String::new, |refused| {
        format!(
            "; {} of them with {} credentials, whom the target has to refuse",
            number(plan.refused_users().into()),
            refused.kind.name()
        )
    });
    format!(
        "{} {log_in} {who}, {} each: {} sockets{workers} ({}); {}/s begun{logins}, {} for all{refused}",
        number(plan.users.into()),
        plural_of(plan.sockets_per_user.into(), "socket"),
        number(plan.sockets().into()),
        spoken.join(", "),
        plan.connect_rate,
        span(forecast.connecting)
    )
}

fn pushes(plan: &Plan, forecast: &Forecast) -> String {
    let written = File::from(plan).pushes;
    let rate = match &written.stages {
        None => format!("{}/s", plan.rate),
        Some(stages) => stages
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let arrivals = match plan.arrivals {
        Arrivals::Constant => String::new(),
        Arrivals::Poisson => " as a Poisson process".to_owned(),
        Arrivals::Burst => format!(" in bursts of {}", plan.burst),
    };
    let nobody = match forecast.at_nobody {
        0 => String::new(),
        n => format!(", {} for users who are not there", about(forecast, n)),
    };
    let lanes = plural_of(plan.lanes.into(), "lane");
    let all = number(forecast.pushes);
    let when = match plan.closed {
        Some(Closed { count: Some(_) }) => format!("{all}, {lanes}"),
        Some(Closed { count: None }) => format!(
            "as many as {lanes} send in {}; of every {all} of them",
            Span(plan.duration)
        ),
        None => format!(
            "{all} in {} ({rate}{arrivals}), {lanes}",
            Span(plan.duration)
        ),
    };
    format!(
        "{when}; {} for everyone (*){nobody}, the rest for one user each ({})",
        about(forecast, forecast.broadcasts),
        match &plan.aim {
            Aim::Uniform => "any".to_owned(),
            Aim::Zipf { exponent } => format!("by Zipf's law, exponent {exponent}"),
            Aim::RoundRobin => "in turn".to_owned(),
            Aim::One(name) => format!("{name:?}"),
        }
    )
}

fn triggers(plan: &Plan) -> String {
    let (deal, ways) = (plan.deal(), plan.contract.triggers.iter());
    let all: u32 = plan.triggers.iter().map(|(_, weight)| weight).sum();
    let each = plan.triggers.iter().zip(ways).enumerate();
    let each = each.map(|(n, ((name, weight), trigger))| {
        let kind = match trigger.way.kind().name() {
            kind if kind == name => String::new(),
            kind => format!(" ({kind})"),
        };
        let lanes = plural_of(deal.lanes_of(n).into(), "lane");
        format!("{name}{kind} {weight} of {all} pushes, {lanes}")
    });
    each.collect::<Vec<_>>().join(" · ")
}

/// Who asks for pushes by a socket of the run.
fn senders(plan: &Plan) -> Option<String> {
    let all = plan.senders();
    let named: Vec<_> = all
        .iter()
        .take(MOST_SENDERS)
        .map(|sender| {
            let app = match plan.apps.len() {
                1 => String::new(),
                _ => format!(" of {}", plan.apps[sender.app.index()]),
            };
            format!(
                "{}{app} for lane {}",
                plan.name_of(sender.user),
                sender.lane
            )
        })
        .collect();
    let more = match all.len() - named.len() {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let told = format!("by the first socket of {}{more}", named.join(", "));
    (!named.is_empty()).then_some(told)
}

fn events(plan: &Plan, forecast: &Forecast) -> String {
    let each = plan.events.iter().zip(&forecast.by_event);
    let each = each.map(|(event, pushes)| format!("{event} {}", about(forecast, *pushes)));
    each.collect::<Vec<_>>().join(" · ")
}

fn payloads(plan: &Plan, forecast: &Forecast) -> String {
    let carried = plan.carried();
    let kinds = carried.iter().map(|payload| match &payload.event {
        Some(event) if payload.is_untagged() => {
            format!("{} as {event:?}, without a tag", payload.in_words())
        }
        _ => payload.in_words(),
    });
    let mean = forecast.bytes_asked / forecast.pushes.max(1);
    format!(
        "{}; {} bytes on average; {} asked for, {} delivered (frames not counted)",
        kinds.collect::<Vec<_>>().join(", "),
        number(mean),
        bytes(forecast.bytes_asked),
        bytes(forecast.bytes_delivered)
    )
}

fn deliveries(plan: &Plan, forecast: &Forecast) -> String {
    if plan.closed.is_some() {
        let all = about(forecast, forecast.deliveries);
        return format!("{all} if all are connected");
    }
    let a_second = forecast.deliveries as f64 / plan.duration.as_secs_f64();
    format!(
        "{} if all are connected, {}/s",
        about(forecast, forecast.deliveries),
        number(a_second.round() as u64)
    )
}

fn churn(plan: &Plan) -> Option<String> {
    let churn = plan.churn.as_ref()?.to_file();
    let rate = churn.rate.map(|rate| format!("{rate} leave and come back"));
    let storms = churn
        .storm_every
        .map(|every| format!("a storm every {every}"));
    let all: Vec<_> = rate.into_iter().chain(storms).collect();
    Some(all.join(", "))
}

fn right(plan: &Plan) -> String {
    let order = match plan.ordering {
        Ordering::None => "in any order",
        Ordering::Lane => "in each lane's order",
        Ordering::Realtime => "in order, across lanes",
    };
    format!(
        "each push once at each socket of its audience and nowhere else, {order}, within {}",
        Span(plan.deadline)
    )
}

fn takes(plan: &Plan, forecast: &Forecast) -> String {
    if let Some(Closed { count: Some(_) }) = plan.closed {
        return format!(
            "{} to connect, as long as the pushes take, {} to settle",
            span(forecast.connecting),
            Span(plan.settle)
        );
    }
    format!(
        "about {}: {} to connect, {} to push, {} to settle",
        span(forecast.takes),
        span(forecast.connecting),
        Span(plan.duration),
        Span(plan.settle)
    )
}

/// A number, and whether it is an estimate.
fn about(forecast: &Forecast, n: u64) -> String {
    let about = if forecast.is_exact { "" } else { "about " };
    format!("{about}{}", number(n))
}

/// A time to a tenth of a second.
fn span(span: Duration) -> String {
    let tenths = span.as_millis().div_ceil(100);
    match (tenths / 10, tenths % 10) {
        (0, tenths) => format!("{}ms", tenths * 100),
        (seconds, 0) => Span(Duration::from_secs(seconds as u64)).to_string(),
        (seconds, tenths) => format!("{seconds}.{tenths}s"),
    }
}

fn bytes(n: u64) -> String {
    const KIB: f64 = 1024.0;
    let n = n as f64;
    match n {
        _ if n < KIB => format!("{n} bytes"),
        _ if n < KIB * KIB => format!("{:.1} KiB", n / KIB),
        _ if n < KIB * KIB * KIB => format!("{:.1} MiB", n / KIB / KIB),
        _ => format!("{:.1} GiB", n / KIB / KIB / KIB),
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!("{noun}{}", if n == 1 { "" } else { "s" })
}

fn plural_of(n: u64, noun: &str) -> String {
    format!("{} {}", number(n), plural(n as usize, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let plan = Plan::from_file(&File::parse(text).unwrap(), 7).unwrap();
        render("test", &plan, &Forecast::of(&plan))
    }

    #[test]
    fn the_built_in_scenario_in_words() {
        let shown = shown("seed = 1\n");
        for words in [
            "the embedded platform · apps demo, other",
            "1,000 log in as user-{n}, 1 socket each: 1,000 sockets (1,000 by websocket); 1000/s begun, 1s for all",
            "2,000 in 10s (200/s), 4 lanes;",
            "objects, arrays, texts;",
            "in order, across lanes, within 2s",
            "about 14s: 1s to connect, 10s to push, 3s to settle",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(!shown.contains("churn"), "{shown}");
    }

    #[test]
    fn a_closed_loop_is_told_as_one() {
        let text = "seed = 1\n[pushes]\nmode = \"closed\"\nlanes = 3\n";
        let counted = shown(&format!("{text}count = 200\n"));
        for words in [
            "closed loop each lane sends its next push when its last one has arrived",
            "(coordinated omission)",
            "pushes      200, 3 lanes; ",
            "1s to connect, as long as the pushes take, 3s to settle",
        ] {
            assert!(counted.contains(words), "{words}: {counted}");
        }
        let timed = shown(text);
        for words in [
            "as many as 3 lanes send in 10s; of every 1,000 of them; ",
            "about 14s: 1s to connect, 10s to push, 3s to settle",
        ] {
            assert!(timed.contains(words), "{words}: {timed}");
        }
    }

    #[test]
    fn triggers_are_told_with_their_shares() {
        let shown = shown(
            "[[target.triggers]]\nname = \"api\"\nkind = \"http\"\nweight = 3\n[[target.triggers]]\nkind = \"redis\"\nurl = \"redis://a\"\n",
        );
        for words in [
            "api (http) 3 of 4 pushes, 3 lanes · redis 1 of 4 pushes, 1 lane",
            "in each lane's order",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }

    #[test]
    fn who_sends_is_told_and_not_of_hundreds() {
        let shown = shown(
            "[pushes]\nlanes = 5\n[target]\napps = [\"a\", \"b\"]\n[[target.triggers]]\nkind = \"socket\"\nfrom = \"users\"\n",
        );
        let line = shown.lines().find(|line| line.contains("senders"));
        let line = line.expect("a line");
        assert!(line.contains(" by the first socket of user-"), "{line}");
        assert!(line.contains(" of b for lane 0, user-"), "{line}");
        assert!(line.ends_with(", and 4 more"), "{line}");
    }

    #[test]
    fn times_are_told_to_a_tenth_of_a_second() {
        for (ms, told) in [
            (1, "100ms"),
            (950, "1s"),
            (13_001, "13.1s"),
            (13_000, "13s"),
            (120_000, "2m"),
        ] {
            assert_eq!(span(Duration::from_millis(ms)), told);
        }
    }

    #[test]
    fn what_a_scenario_has_besides_is_told() {
        let shown = shown(
            "thresholds = [\"deliveries.lost == 0\"]\nabort_on = [\"deliveries.late > 5\"]\n[target]\nurl = \"http://a\"\nnodes = [\"http://b\"]\n\
             [churn]\nrate = \"5/s\"\n[pushes]\nrate = \"100000/s\"\n",
        );
        for words in [
            "http://a, http://b · apps",
            "threshold   deliveries.lost == 0",
            "ends early  deliveries.late > 5",
            "churn       5/s leave and come back",
            "4 lanes; about ",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
}
