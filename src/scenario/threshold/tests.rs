use super::*;

fn events() -> Vec<String> {
    ["alert", "new message", "a.b"].map(str::to_owned).to_vec()
}

fn threshold(text: &str) -> Threshold {
    Threshold::parse(text, &events()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    Threshold::parse(text, &events()).unwrap_err().to_string()
}

fn of(value: f64, of: f64) -> Figure {
    let of = Some(of);
    Figure { value, of }
}

fn alone(value: f64) -> Figure {
    Figure { value, of: None }
}

#[test]
fn every_metric_is_read_back_under_its_name() {
    for metric in Metric::all(&events()) {
        let value = match metric.unit() {
            Unit::Count(_) => "5",
            Unit::Time => "5ms",
            Unit::Bytes => "5KiB",
            Unit::PerSecond => "5/s",
            Unit::Processor => "5%",
        };
        let text = format!("{metric} <= {value}");
        let read = threshold(&text);
        assert_eq!(read.metric, metric, "{text}");
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn compares_in_the_unit_that_is_written() {
    for (text, figure, holds) in [
        ("latency.push.p99 < 50ms", alone(49_999.0), true),
        ("latency.push.p99 < 50ms", alone(50_000.0), false),
        ("latency.push.p99<=50ms", alone(50_000.0), true),
        ("  latency.push.max  >  1m30s ", alone(90_000_001.0), true),
        ("latency.push.mean >= 15us", alone(14.9), false),
        ("latency.push.min >= 15 µs", alone(15.0), true),
        ("latency.push.count == 1_000", alone(1_000.0), true),
        ("latency.push.count != 1000", alone(1_000.0), false),
        ("sockets.connected >= 99%", of(990.0, 1_000.0), true),
        ("sockets.connected >= 99%", of(989.0, 1_000.0), false),
        ("sockets.connected == 57%", of(57.0, 100.0), true),
        ("sockets.connected >= 99.9%", of(999.0, 1_000.0), true),
        ("sockets.connected >= 990", of(990.0, 1_000.0), true),
        ("deliveries.lost == 0", of(0.0, 10.0), true),
        ("deliveries.lost <= 0.01 %", of(1.0, 10_000.0), true),
        ("deliveries.lost <= 0.01%", of(2.0, 10_000.0), false),
        ("pushes.rate >= 100/s", alone(99.9), false),
        ("deliveries.rate >= 6000/m", alone(100.0), true),
        ("generator.cpu < 80%", alone(79.0), true),
        ("generator.rss < 1MiB", alone(1_048_576.0), false),
        ("generator.bytes_per_socket <= 8kB", alone(8_000.0), true),
        ("by_event.alert.push.p99 < 1s", alone(5.0), true),
        ("by_event.\"new message\".pushes > 3", alone(4.0), true),
        ("by_event.'a.b'.delivered > 3", alone(3.0), false),
        ("by_audience.*.push.p50 < 1ms", alone(999.0), true),
        ("by_trigger.http.push.p50 < 1ms", alone(1_000.0), false),
    ] {
        let held = threshold(text).check(figure).expect("a whole");
        assert_eq!(held.holds, holds, "{text}: {held:?}");
    }
    assert_eq!(threshold("deliveries.lost < 1%").check(of(0.0, 0.0)), None);
}

#[test]
fn what_cannot_be_is_refused_with_what_to_write() {
    for (text, says) in [
        ("", "write it as \"latency.push.p99 < 50ms\""),
        ("latency.push.p99", "write it as"),
        ("latency.push.p99 <", "write it as"),
        ("< 5ms", "write it as"),
        ("latency..p99 < 5ms", "write it as"),
        ("by_event.\"alert.push.p99 < 5ms", "write it as"),
        ("latency.push.p99 ~ 5ms", "write it as"),
        ("deliveries.lost = 0", "write == "),
        (
            "latency.push.p99 < 5",
            "is a time, and \"5\" is none; write it as 5ms or 5s",
        ),
        ("latency.push.p99 < 5%", "is a time"),
        ("latency.push.p99 < 5KiB", "is a time"),
        ("latency.push.p99 < fast", "as 5ms or 5s"),
        ("latency.push.p99 < -5ms", "is a time"),
        ("deliveries.lost == 0ms", "is a count"),
        ("deliveries.lost == -1", "is a count"),
        ("deliveries.lost == NaN", "is a count"),
        ("deliveries.lost == inf", "is a count"),
        (
            "deliveries.lost == many",
            "or as 5%, which is of deliveries.expected",
        ),
        ("deliveries.expected >= 99%", "as a plain number, 99"),
        ("by_event.alert.pushes > 1%", "as a plain number"),
        (
            "pushes.rate > 100",
            "is a rate, and \"100\" is none; write it as 100/s",
        ),
        (
            "generator.rss < 500",
            "is a size, and \"500\" is none; write it as 500KiB or 500MiB",
        ),
        ("generator.cpu < 80", "is a share of one processor"),
        (
            "latency.push.p99 < 5ms after 3s",
            "takes no \"after\"; abort_on does",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(says), "{text}: {error}");
        assert!(error.contains(&format!("{text:?}")), "{text}: {error}");
    }
}

#[test]
fn an_unknown_metric_is_told_with_the_nearest_names() {
    for (text, near) in [
        ("latancy.push.p99 < 5ms", "did you mean latency.push.p99"),
        ("latency.push.p99_us < 5ms", "latency.push.p99"),
        ("latency.push.p98 < 5ms", "latency.push.p99"),
        ("latency.p99 < 5ms", "latency.push.p99"),
        ("latency.push < 5ms", "latency.push.p"),
        ("deliverys.lost == 0", "did you mean deliveries.lost"),
        ("socket.connected > 1", "did you mean sockets.connected"),
        ("by_event.alerts.push.p99 < 1s", "by_event.alert.push.p99"),
        (
            "by_event.new-message.pushes > 1",
            "by_event.\"new message\".pushes",
        ),
        ("generator.cpu_percent < 80%", "generator.cpu"),
        ("pushes.acepted > 1", "did you mean pushes.accepted"),
        ("x < 1", "docs/thresholds.md lists them"),
    ] {
        let error = refused(text);
        assert!(error.contains("there is no metric"), "{text}: {error}");
        assert!(error.contains(near), "{text}: {error}");
    }
}

#[test]
fn conditions_may_wait_and_are_about_what_is_known_while_a_run_goes_on() {
    let parse = |text: &str| Condition::parse(text, &events());
    let condition = parse("latency.push.p99 > 500ms after 10s").unwrap();
    assert_eq!(condition.after, Duration::from_secs(10));
    assert_eq!(condition.to_string(), "latency.push.p99 > 500ms after 10s");
    assert_eq!(parse("sockets.refused > 1%").unwrap().after, Duration::ZERO);
    for (text, says) in [
        (
            "deliveries.lost > 0",
            "deliveries.lost is known only when the run is over",
        ),
        (
            "deliveries.late > 1%",
            "the share of deliveries.late is known only",
        ),
        ("by_event.alert.push.p99 > 1s", "make it a threshold"),
        ("latency.trigger.p99 > 1s", "make it a threshold"),
        ("latency.push.count > 5", "make it a threshold"),
        ("deliveries.late > 0 after 10", "10s for seconds"),
        ("deliveries.late > 0 after", "is a count"),
        ("deliverys.late > 0", "did you mean deliveries.late"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn observed_figures_are_told_from_their_bounds() {
    for (text, figure, words) in [
        ("latency.push.p99 < 1s", alone(14.0), "14 µs"),
        ("latency.push.p99 < 1s", alone(50_020.0), "50.02 ms"),
        ("latency.push.p99 < 1s", alone(1_234_000.0), "1.234 s"),
        ("latency.push.p99 < 1s", alone(60_000_000.0), "60 s"),
        ("sockets.connected >= 99%", of(989.0, 1_000.0), "98.9 %"),
        ("sockets.connected >= 99", of(0.0, 1_000.0), "0"),
        ("generator.rss < 1GiB", alone(8_704.0), "8.5 KiB"),
        ("generator.rss < 1GiB", alone(10_485_760.0), "10 MiB"),
        ("pushes.rate > 1/s", alone(199.5), "199.5/s"),
    ] {
        let held = threshold(text).check(figure).unwrap();
        assert_eq!(held.to_string(), words, "{text}");
    }
}
