//! What is seen by hand: an event as a line for programs, a line for pipes or a few lines for people, and the answer to one push.
//!
//! Names and payloads are the target's: none of them reaches a terminal with a control character, and none breaks a line.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::value::RawValue;

use super::text::{Colour, duration};
use crate::history::Outcome;

pub mod form;
mod payload;

/// Longest arguments that people get on the line of their event, in characters.
const ONE_LINE: usize = 100;
/// Bytes of an attachment that people are shown.
const SHOWN: usize = 16;

/// An event that arrived.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// When it reached this machine, in nanoseconds since 1970.
    pub at_unix_nanos: u64,
    /// Whose socket it arrived at, where that is to be said.
    pub user: Option<&'a str>,
    /// The event name.
    pub name: &'a str,
    /// The arguments, comma-separated, as the target wrote them; empty if there are none.
    pub args: &'a str,
    /// The attachments, in the order of the placeholders' `num`.
    pub attachments: &'a [Bytes],
    /// It came before CONNECT was accepted.
    pub premature: bool,
    /// It came in a namespace that was never asked for.
    pub stray: bool,
}

/// The answer to a push.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What is known of the push.
    pub outcome: Outcome,
    /// Why it is not accepted.
    pub why: Option<&'a str>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The answer's body.
    pub body: &'a [u8],
    /// From the first byte to the answer, or to when it was given up.
    pub took: Duration,
}

/// What was asked for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Base URL of the target.
    pub target: &'a str,
    /// The app id.
    pub app: &'a str,
    /// A user, or `*`.
    pub user: &'a str,
    /// The event name.
    pub event: &'a str,
}

impl Event<'_> {
    /// A JSON object on one line, ending in a line break. Arguments stand as the target wrote them, but for white space.
    ///
    /// # Panics
    /// Never: what is written was read as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let args = payload::split(self.args);
        let at = UNIX_EPOCH + Duration::from_nanos(self.at_unix_nanos);
        let line = form::Event {
            at: humantime::format_rfc3339_micros(at).to_string(),
            user: self.user,
            event: raw(payload::quoted(self.name)),
            raw: args.is_none().then(|| raw(payload::quoted(self.args))),
            args: args.map(|args| args.into_iter().map(raw).collect()),
            binary: self
                .attachments
                .iter()
                .map(|a| STANDARD.encode(a))
                .collect(),
            premature: self.premature,
            stray: self.stray,
        };
        let mut line = serde_json::to_string(&line).expect("it is JSON");
        line.push('\n');
        line
    }

    /// One line with tabs between its fields, ending in a line break: time, user (where that is to be said), event name, each argument.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut fields = vec![time_of(self.at_unix_nanos)];
        fields.extend(self.user.map(payload::shown));
        fields.push(payload::shown(self.name));
        fields.extend(self.arguments());
        fields.extend(self.remarks().map(str::to_owned));
        fields.join("\t") + "\n"
    }

    /// For a terminal: time of day, user, event name and arguments, which follow on lines of their own if they are long.
    #[must_use]
    pub fn pretty(&self, colour: Colour) -> String {
        let time = time_of(self.at_unix_nanos);
        let time = time.split_once('T').map_or(time.as_str(), |(_, time)| time);
        let mut out = paint(colour, "2", time);
        if let Some(user) = self.user {
            let _ = write!(out, "  {}", paint(colour, "36", &payload::shown(user)));
        }
        let name = payload::shown(self.name);
        let _ = write!(out, "  {}", paint(colour, "1;32", &name));
        for remark in self.remarks() {
            let _ = write!(out, "  {}", paint(colour, "1;31", remark));
        }
        let args = self.arguments();
        let length: usize = args.iter().map(|arg| arg.chars().count() + 2).sum();
        if length <= ONE_LINE || payload::split(self.args).is_none() {
            for arg in args {
                let _ = write!(out, "  {arg}");
            }
        } else {
            for arg in args {
                let _ = write!(out, "\n    {}", payload::indented(&arg, 4));
            }
        }
        out.push('\n');
        out
    }

    /// Each argument for people: attachments in the place of their placeholders, and behind the arguments if that is not to be found.
    fn arguments(&self) -> Vec<String> {
        let Some(mut args) = payload::split(self.args) else {
            return vec![format!("not JSON: {}", payload::shown(self.args))];
        };
        for (n, attachment) in self.attachments.iter().enumerate() {
            let placeholder = format!(r#"{{"_placeholder":true,"num":{n}}}"#);
            let mut found = false;
            for arg in &mut args {
                // Within a string its quotes would be escaped, so this can be nothing else.
                if arg.contains(&placeholder) {
                    *arg = arg.replace(&placeholder, &bytes(attachment));
                    found = true;
                }
            }
            if !found {
                args.push(format!("attachment {n} = {}", bytes(attachment)));
            }
        }
        args
    }

    fn remarks(&self) -> impl Iterator<Item = &'static str> {
        let premature = self.premature.then_some("(before CONNECT was accepted)");
        let stray = self
            .stray
            .then_some("(in a namespace that was never asked for)");
        [premature, stray].into_iter().flatten()
    }
}

/// The answer to a push in one line, ending in a line break.
#[must_use]
pub fn answered(answer: &Answer<'_>, colour: Colour) -> String {
    let (word, code) = match answer.outcome {
        Outcome::Accepted => ("accepted", "1;32"),
        Outcome::Rejected => ("rejected", "1;31"),
        Outcome::Unknown => ("unknown", "1;33"),
    };
    let took = u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX);
    let body = String::from_utf8_lossy(answer.body);
    let words = match (answer.why, answer.status) {
        (Some(why), _) => why.to_owned(),
        (None, Some(status)) => format!("HTTP {status} {}", body.trim()),
        (None, None) => String::new(),
    };
    format!(
        "{} after {}: {}\n",
        paint(colour, code, word),
        duration(Some(took)),
        payload::printable(words.trim())
    )
}

/// The answer to a push as a JSON object on one line, ending in a line break.
///
/// # Panics
/// Never: what is written was read as JSON.
#[must_use]
pub fn answered_json(asked: &Asked<'_>, answer: &Answer<'_>, exit_code: u8) -> String {
    let body = String::from_utf8_lossy(answer.body);
    let object = form::Push {
        schema: "pushproof.push/1",
        outcome: match answer.outcome {
            Outcome::Accepted => "accepted",
            Outcome::Rejected => "rejected",
            Outcome::Unknown => "unknown",
        },
        exit_code,
        target: asked.target,
        app: asked.app,
        user: asked.user,
        event: asked.event,
        took_us: u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX),
        why: answer.why,
        status: answer.status,
        answer: answer.status.map(|_| {
            let json = payload::one(&body);
            raw(json.unwrap_or_else(|| payload::quoted(&body)))
        }),
    };
    let mut line = serde_json::to_string(&object).expect("it is JSON");
    line.push('\n');
    line
}

/// Words for people, of which a part may be the target's, on one line.
#[must_use]
pub fn printable(words: &str) -> String {
    payload::printable(words)
}

/// A time in nanoseconds since 1970, as in the lines of events.
#[must_use]
pub fn time_of(unix_nanos: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_nanos(unix_nanos);
    humantime::format_rfc3339_millis(at).to_string()
}

fn bytes(attachment: &[u8]) -> String {
    let mut out = format!("<{} bytes", attachment.len());
    for (n, byte) in attachment.iter().take(SHOWN).enumerate() {
        let before = if n == 0 { ": " } else { " " };
        let _ = write!(out, "{before}{byte:02x}");
    }
    out.push_str(if attachment.len() > SHOWN {
        " …>"
    } else {
        ">"
    });
    out
}

fn paint(colour: Colour, code: &str, words: &str) -> String {
    match colour {
        Colour::On => format!("\u{1b}[{code}m{words}\u{1b}[0m"),
        Colour::Off => words.to_owned(),
    }
}

fn raw(json: String) -> Box<RawValue> {
    RawValue::from_string(json).expect("it was read as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Event<'_> = Event {
        at_unix_nanos: 1_764_264_601_234_567_890,
        user: None,
        name: "alert",
        args: r#""hello""#,
        attachments: &[],
        premature: false,
        stray: false,
    };

    fn event<'a>(name: &'a str, args: &'a str) -> Event<'a> {
        Event {
            name,
            args,
            ..EVENT
        }
    }

    #[test]
    fn an_event_is_one_line_of_json() {
        let json = |event: Event<'_>| {
            let line = event.json();
            let rest = line.strip_prefix(r#"{"at":"2025-11-27T17:30:01.234567Z","#);
            rest.unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        assert_eq!(json(EVENT), "\"event\":\"alert\",\"args\":[\"hello\"]}\n");
        let user = Event {
            user: Some("user-1"),
            ..event("none", "")
        };
        assert_eq!(
            json(user),
            "\"user\":\"user-1\",\"event\":\"none\",\"args\":[]}\n"
        );
        let numbers = event(
            "n",
            "1.0, 12345678901234567890123\n,{ \"b\":1, \"a\":\"\u{2028}\" }",
        );
        assert_eq!(
            json(numbers),
            "\"event\":\"n\",\"args\":[1.0,12345678901234567890123,{\"b\":1,\"a\":\"\\u2028\"}]}\n"
        );
        let early = Event {
            premature: true,
            stray: true,
            ..event("\u{1b}grüße", "")
        };
        assert_eq!(
            json(early),
            "\"event\":\"\\u001bgrüße\",\"args\":[],\"premature\":true,\"stray\":true}\n"
        );
        assert_eq!(
            json(event("bad", "{]\u{9b}")),
            "\"event\":\"bad\",\"args\":null,\"raw\":\"{]\\u009b\"}\n"
        );
    }

    #[test]
    fn attachments_are_in_base64_for_programs_and_in_their_places_for_people() {
        let attachments = [
            Bytes::from_static(&[1, 2, 255]),
            Bytes::from(vec![0; 20]),
            Bytes::new(),
        ];
        let binary = Event {
            attachments: &attachments,
            ..event(
                "b",
                r#"{"x":{"_placeholder":true,"num":1}}, { "_placeholder":true, "num":0 }"#,
            )
        };
        assert!(
            binary.json().ends_with(
                "\"args\":[{\"x\":{\"_placeholder\":true,\"num\":1}},{\"_placeholder\":true,\"num\":0}],\"binary\":[\"AQL/\",\"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"\"]}\n"
            ),
            "{}",
            binary.json()
        );
        let zeros = ["00"; 16].join(" ");
        assert_eq!(
            binary.plain(),
            format!(
                "2025-11-27T17:30:01.234Z\tb\t{{\"x\":<20 bytes: {zeros} …>}}\t<3 bytes: 01 02 ff>\tattachment 2 = <0 bytes>\n"
            )
        );
        assert_eq!(
            binary.pretty(Colour::Off),
            format!(
                "17:30:01.234Z  b\n    {{\n      \"x\": <20 bytes: {zeros} …>\n    }}\n    <3 bytes: 01 02 ff>\n    attachment 2 = <0 bytes>\n"
            )
        );
    }

    #[test]
    fn people_and_pipes_get_no_control_characters() {
        let event = event("a\tb\u{1b}[2J", "\"\u{9b}2J\"");
        assert_eq!(
            event.plain(),
            "2025-11-27T17:30:01.234Z\t\"a\\tb\\u001b[2J\"\t\"\\u009b2J\"\n"
        );
        assert_eq!(
            event.pretty(Colour::Off),
            "17:30:01.234Z  \"a\\tb\\u001b[2J\"  \"\\u009b2J\"\n"
        );
        let bad = Event {
            args: "{]\n",
            ..event
        };
        assert!(bad.plain().ends_with("\tnot JSON: \"{]\\n\"\n"));
    }

    #[test]
    fn a_terminal_shows_whose_and_what_is_wrong() {
        let event = Event {
            user: Some("user-1"),
            premature: true,
            ..EVENT
        };
        assert_eq!(
            event.pretty(Colour::Off),
            "17:30:01.234Z  user-1  alert  (before CONNECT was accepted)  \"hello\"\n"
        );
        assert_eq!(
            event.pretty(Colour::On),
            "\u{1b}[2m17:30:01.234Z\u{1b}[0m  \u{1b}[36muser-1\u{1b}[0m  \u{1b}[1;32malert\u{1b}[0m  \u{1b}[1;31m(before CONNECT was accepted)\u{1b}[0m  \"hello\"\n"
        );
    }

    fn answer(outcome: Outcome, why: Option<&'static str>, body: &'static str) -> Answer<'static> {
        Answer {
            outcome,
            why,
            status: (!body.is_empty()).then_some(200),
            body: body.as_bytes(),
            took: Duration::from_micros(1_234),
        }
    }

    #[test]
    fn an_answer_says_what_is_known_and_why() {
        let said = |outcome, why, body| answered(&answer(outcome, why, body), Colour::Off);
        assert_eq!(
            said(Outcome::Accepted, None, "{\"status\": \"ok\"}\n"),
            "accepted after 1.23 ms: HTTP 200 {\"status\": \"ok\"}\n"
        );
        assert_eq!(
            said(Outcome::Rejected, Some("HTTP 400: no\u{1b}"), "x"),
            "rejected after 1.23 ms: HTTP 400: no\\u001b\n"
        );
        assert_eq!(
            said(Outcome::Unknown, Some("no answer within 10s"), ""),
            "unknown after 1.23 ms: no answer within 10s\n"
        );
    }

    #[test]
    fn an_answer_is_json() {
        let asked = Asked {
            target: "http://t",
            app: "demo",
            user: "*",
            event: "alert",
        };
        let json = |answer: &Answer<'_>, code| {
            let line = answered_json(&asked, answer, code);
            serde_json::from_str::<serde_json::Value>(&line).unwrap()
        };
        let accepted = answer(Outcome::Accepted, None, "{\"status\": \"ok\"}\n");
        assert_eq!(
            json(&accepted, 0),
            serde_json::json!({
                "schema": "pushproof.push/1", "outcome": "accepted", "exit_code": 0, "target": "http://t", "app": "demo",
                "user": "*", "event": "alert", "took_us": 1234, "why": null, "status": 200, "answer": {"status": "ok"},
            })
        );
        let page = answer(Outcome::Unknown, Some("a page"), "<p>\n");
        assert_eq!(json(&page, 4)["answer"], "<p>\n");
        let nothing = answer(Outcome::Unknown, Some("no answer"), "");
        assert!(json(&nothing, 4)["answer"].is_null());
    }
}
