//! Pushes, deliveries and latencies.

use super::super::{Family, Kind};
use super::family;
use crate::verify::Class;

pub(super) const FAMILIES: &[Family] = &[
    family!(
        "pushproof_pushes_scheduled",
        Gauge,
        [],
        "Pushes that the whole run is to have.",
        |s, out| out.count(&[], s.pushes.scheduled)
    ),
    family!(
        "pushproof_pushes_sent",
        Counter,
        [],
        "Pushes that were asked for.",
        |s, out| out.count(&[], s.pushes.sent)
    ),
    family!(
        "pushproof_pushes_answered",
        Counter,
        ["outcome"],
        "Pushes by how asking for them ended.",
        |s, out| {
            out.count(&["accepted"], s.pushes.accepted);
            out.count(&["rejected"], s.pushes.rejected);
            out.count(&["unknown"], s.pushes.unknown);
        }
    ),
    family!(
        "pushproof_push_failures",
        Counter,
        ["reason"],
        "Pushes that were not accepted, by why: a bounded number of reasons.",
        |s, out| {
            for (reason, n) in s.push_failures.to_map() {
                out.count(&[&reason], n);
            }
        }
    ),
    family!(
        "pushproof_push_rate",
        Gauge,
        [],
        "Pushes a second that are asked for now; absent in a closed loop and while nothing is pushed.",
        |s, out| {
            if let Some(rate) = s.rate {
                out.add(&[], rate);
            }
        }
    ),
    family!(
        "pushproof_push_rate_factor",
        Gauge,
        [],
        "How many times as fast as written the schedule goes on.",
        |s, out| {
            out.add(&[], s.changes.last().map_or(1.0, |change| change.factor));
        }
    ),
    family!(
        "pushproof_deliveries",
        Counter,
        [],
        "Deliveries: each pair of a push and a socket once.",
        |s, out| out.count(&[], s.counts.delivered)
    ),
    family!(
        "pushproof_deliveries_judged",
        Counter,
        [],
        "Deliveries that had to happen, of pushes that have settled.",
        |s, out| out.count(&[], s.counts.expected)
    ),
    family!(
        "pushproof_deliveries_in_flight",
        Gauge,
        [],
        "Deliveries that are still to come: an estimate.",
        |s, out| out.count(&[], s.in_flight)
    ),
    family!(
        "pushproof_violations",
        Counter,
        ["class"],
        "Violations. Losses are known when a push has settled.",
        |s, out| {
            for class in Class::ALL {
                out.count(&[class.name()], s.counts.of(class));
            }
        }
    ),
    family!(
        "pushproof_second_pushes",
        Gauge,
        [],
        "Pushes sent in the last whole second.",
        |s, out| out.count(&[], s.second.sent)
    ),
    family!(
        "pushproof_second_deliveries",
        Gauge,
        [],
        "Deliveries in the last whole second.",
        |s, out| out.count(&[], s.second.delivered)
    ),
    family!(
        "pushproof_second_deliveries_expected",
        Gauge,
        [],
        "Deliveries that the pushes sent in the last whole second should bring: an estimate.",
        |s, out| {
            if let Some(expected) = s.second.expected {
                out.count(&[], expected);
            }
        }
    ),
    family!(
        "pushproof_second_push_latency_seconds",
        Gauge,
        ["stat"],
        "Push latency in the last whole second, from the time the schedule wanted the push.",
        |s, out| {
            out.us(&["p50"], s.second.push_p50_us);
            out.us(&["p99"], s.second.push_p99_us);
            out.us(&["max"], s.second.push_max_us);
        }
    ),
    family!(
        "pushproof_push_latency_seconds",
        Histogram,
        [],
        "Push latency, from the time the schedule wanted the push to its delivery.",
        |s, out| out.histogram(&[], &s.latencies.push)
    ),
    family!(
        "pushproof_trigger_duration_seconds",
        Histogram,
        [],
        "From asking for a push to the answer.",
        |s, out| out.histogram(&[], &s.latencies.trigger)
    ),
    family!(
        "pushproof_login_duration_seconds",
        Histogram,
        [],
        "Logins that gave a session, from the first request to the last answer.",
        |s, out| out.histogram(&[], &s.latencies.login)
    ),
    family!(
        "pushproof_connect_duration_seconds",
        Histogram,
        [],
        "From the first byte of a socket's connection to the answer to CONNECT.",
        |s, out| out.histogram(&[], &s.latencies.connect)
    ),
    family!(
        "pushproof_fanout_latency_seconds",
        Histogram,
        ["recipient"],
        "Broadcasts, to their first, median and last recipient.",
        |s, out| {
            let recipients = ["first", "median", "last"].iter().zip(&s.latencies.fanout);
            for (recipient, latency) in recipients {
                out.histogram(&[recipient], latency);
            }
        }
    ),
    family!(
        "pushproof_requests_sent",
        Counter,
        [],
        "Requests that sockets emitted.",
        |s, out| out.count(&[], s.requests.sent)
    ),
    family!(
        "pushproof_requests_answered",
        Counter,
        ["outcome"],
        "What came of them; unasked: acks that nobody had asked for.",
        |s, out| {
            let of = &s.requests;
            out.count(&["right"], of.answered);
            out.count(&["wrong"], of.wrong);
            out.count(&["timed_out"], of.timed_out);
            out.count(&["unasked"], of.unasked);
            out.count(&["late"], of.late);
        }
    ),
];
