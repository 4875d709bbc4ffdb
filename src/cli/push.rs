//! `pushproof push`.

use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;

use super::hand::{AtArgs, refuse};
use super::signals::quiet_interrupts;
use super::terminal::colour;
use super::{files, runtime};
use crate::hand::who::{self, AppId, WhoError};
use crate::hand::{self, Push};
use crate::history::Outcome;
use crate::report::hand as report;
use crate::scenario::Plan;
use crate::scenario::people::ByHand;
use crate::summary::verdict::{EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN};

/// Most bytes of a message that are read: more than any target takes.
const MOST: u64 = 16 << 20;

/// Ask for one push by hand, and show what was answered.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct PushArgs {
    /// Whom it is for: a user, or '*' for everyone in the app.
    #[arg(long, value_name = "USER")]
    user: String,
    /// The event name.
    #[arg(long, value_name = "NAME")]
    event: String,
    /// The message: JSON if it can be read as JSON, otherwise text. - reads it from standard input, @FILE from a file. Left out, the event has
    /// no arguments.
    #[arg(long, value_name = "MESSAGE", allow_negative_numbers = true)]
    message: Option<String>,
    /// The message is text, even if it looks like JSON.
    #[arg(long, requires = "message")]
    text: bool,
    /// The message is bytes: those of a file, as @FILE, or of standard input, as -.
    #[arg(long, value_name = "@FILE", conflicts_with = "message")]
    binary: Option<String>,
    /// By which trigger of the scenario; left out: the first.
    #[arg(long, value_name = "NAME")]
    trigger: Option<String>,

    #[command(flatten)]
    at: AtArgs,
    /// Print one JSON object in place of a line.
    #[arg(long)]
    json: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    accepted
  1    rejected
  2    usage error
  4    unknown: no answer, or none that says whether; also if the target cannot be reached
  130  interrupted before there was an answer";

pub(super) fn run(args: &PushArgs) -> anyhow::Result<ExitCode> {
    let by_hand = ByHand {
        token: false,
        pushes: true,
    };
    let plan = match args.at.plan(false, by_hand)? {
        Ok(plan) => Arc::new(plan),
        Err(told) => return Ok(refuse(&told)),
    };
    let app = match whose(&plan, args) {
        Ok(app) => app,
        Err(error) => return Ok(refuse(&format!("error: --user: {error}\n"))),
    };
    let message = match &args.message {
        None => String::new(),
        Some(given) => as_json(&read(given)?, args.text),
    };
    let named = |name: &String| {
        let at = plan.triggers.iter().position(|(known, _)| known == name);
        at.with_context(|| {
            let known: Vec<_> = plan
                .triggers
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            let known = known.join(", ");
            format!("--trigger {name}: there is no such trigger; the scenario has {known}")
        })
    };
    let trigger = args.trigger.as_ref().map_or(Ok(0), named)?;
    let way = &plan.contract.triggers[trigger].way;
    if way.is_from_users() {
        let (name, _) = &plan.triggers[trigger];
        bail!(
            "the trigger {name:?} has users of a run emit (from = \"users\"), and by hand there are none; name another with --trigger"
        );
    }
    if let (Some(_), Some(why)) = (&args.binary, way.cannot_carry_bytes()) {
        let name = &plan.triggers[trigger].0;
        return Ok(refuse(&format!(
            "error: --binary: the trigger {name:?} carries no bytes: {why}\n"
        )));
    }
    let bytes = args.binary.as_deref().map(bytes).transpose()?;
    let push = Push {
        bytes: bytes.as_deref(),
        app,
        trigger,
        audience: &args.user,
        event: &args.event,
        message: &message,
    };
    if let Some(why) = push.lacks(&plan) {
        return Ok(refuse(&format!("error: --user: {why}\n")));
    }
    let answered = runtime()?.block_on(async {
        let mut interrupts = quiet_interrupts()?;
        anyhow::Ok(tokio::select! {
            answered = hand::push(&plan, push, args.at.timeout.0) => Some(answered),
            Some(()) = interrupts.recv() => None,
        })
    })?;
    let Some(answered) = answered else {
        files::say("interrupted: what became of the push is unknown");
        return Ok(ExitCode::from(EXIT_INTERRUPTED));
    };
    let code = match answered.outcome {
        Outcome::Accepted => 0,
        Outcome::Rejected => EXIT_FAIL,
        Outcome::Unknown => EXIT_UNKNOWN,
    };
    let answer = report::Answer {
        outcome: answered.outcome,
        why: answered.why.as_deref(),
        status: answered.answer.as_ref().map(|a| a.status.as_u16()),
        body: answered.answer.as_ref().map_or(&[], |a| &a.body),
        took: answered.took,
    };
    if args.json {
        let asked = report::Asked {
            target: plan.target.as_deref().unwrap_or_default(),
            app: &plan.apps[app.index()],
            user: &args.user,
            event: &args.event,
        };
        files::print(&report::answered_json(&asked, &answer, code))?;
    } else {
        let colour = colour(std::io::stdout().is_terminal());
        files::print(&report::answered(&answer, colour))?;
    }
    Ok(ExitCode::from(code))
}

/// The app of whom the push is for. Who is not listed may be nobody, which is as good as anybody to push at.
fn whose(plan: &Plan, args: &PushArgs) -> Result<AppId, WhoError> {
    let asked = args.at.app.as_deref();
    let listed = match args.user.as_str() {
        hand::EVERYONE => None,
        user => who::app_of(plan, asked, user)?,
    };
    listed.map_or_else(|| who::app(plan, asked), Ok)
}

/// The message as it was given, or from where that says.
fn read(given: &str) -> anyhow::Result<String> {
    if given == "-" {
        return read_from(std::io::stdin().lock()).context("--message -: standard input");
    }
    let Some(path) = given.strip_prefix('@') else {
        return Ok(given.to_owned());
    };
    let what = || format!("--message @{path}");
    let file = File::open(path).with_context(what)?;
    read_from(file).with_context(what)
}

/// The bytes from where that says, all of them.
fn bytes(given: &str) -> anyhow::Result<Vec<u8>> {
    let what = || format!("--binary {given}");
    match (given, given.strip_prefix('@')) {
        ("-", _) => bytes_from(std::io::stdin().lock()).with_context(what),
        (_, Some(path)) => {
            let file = File::open(path).with_context(what)?;
            bytes_from(file).with_context(what)
        }
        _ => bail!(
            "{}: name a file, as @{given}, or standard input, as -",
            what()
        ),
    }
}

fn bytes_from(from: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        bail!("longer than {MOST} bytes, which no push carries");
    }
    Ok(bytes)
}

/// Without the line break at its end, which editors and `echo` write and nobody means.
fn read_from(from: impl Read) -> anyhow::Result<String> {
    let bytes = bytes_from(from)?;
    let Ok(mut text) = String::from_utf8(bytes) else {
        bail!("not UTF-8, as a message has to be");
    };
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// JSON as it stands, anything else as a JSON string.
fn as_json(message: &str, text: bool) -> String {
    let json = !text && serde_json::from_str::<serde::de::IgnoredAny>(message).is_ok();
    if json {
        message.to_owned()
    } else {
        serde_json::Value::from(message).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_json_if_it_can_be() {
        for (given, text, message) in [
            ("hello", false, "\"hello\""),
            ("", false, "\"\""),
            ("{\"a\": 1.0}", false, "{\"a\": 1.0}"),
            ("{\"a\": 1.0}", true, "\"{\\\"a\\\": 1.0}\""),
            ("\"quoted\"", false, "\"quoted\""),
            ("7", false, "7"),
            ("7", true, "\"7\""),
            ("{a: 1}", false, "\"{a: 1}\""),
        ] {
            assert_eq!(as_json(given, text), message, "{given}");
        }
    }

    #[test]
    fn a_message_that_is_read_loses_one_line_break() {
        for (read, message) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n")] {
            assert_eq!(read_from(read.as_bytes()).unwrap(), message);
        }
        let error = |bytes: &[u8]| read_from(bytes).unwrap_err().to_string();
        assert!(error(&[0xff]).contains("UTF-8"));
        assert!(error(&vec![b'a'; (16 << 20) + 1]).contains("longer than"));
    }
}
