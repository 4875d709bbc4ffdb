//! `pushproof listen`.

mod whose;

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};

use super::hand::{AtArgs, positive, refuse};
use super::signals::quiet_interrupts;
use super::terminal::colour;
use super::{files, runtime};
use crate::clock::unix_nanos;
use crate::hand::listen::{self, End, Heard, ListenError, Listened, Order, Told};
use crate::report::hand as report;
use crate::report::text::Colour;
use crate::scenario::people::ByHand;
use crate::scenario::units::Span;
use crate::summary::verdict::{EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};

/// Users that one command listens as. For more there is `run`.
const MOST_USERS: usize = 100;
/// How long to wait for sockets to leave, and for a line that standard output does not take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connect a socket by hand, and show every event that arrives.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ListenArgs {
    /// The user to log in as, of the scenario's list if it has one; repeatable, and each line then says whose it is. Left out, user-0 or
    /// the first of the list.
    #[arg(long = "user", value_name = "USER", env = "PUSHPROOF_USER")]
    users: Vec<String>,
    /// The password, for all users. Left out, that of the scenario's list; of user-7 it is password-7, and so on.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "PUSHPROOF_PASSWORD",
        hide_env_values = true
    )]
    password: Option<String>,
    /// A session id to connect with, in place of logging in.
    #[arg(
        long,
        value_name = "ID",
        env = "PUSHPROOF_SESSION",
        hide_env_values = true,
        conflicts_with_all = ["users", "password"]
    )]
    session: Option<String>,
    /// A token to show as {{token}}, in place of the user's own.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "PUSHPROOF_TOKEN",
        hide_env_values = true,
        conflicts_with = "session"
    )]
    token: Option<String>,

    #[command(flatten)]
    at: AtArgs,
    /// Only events of this name; repeatable.
    #[arg(long = "event", value_name = "NAME")]
    events: Vec<String>,
    /// End after so many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after so long, from when everyone is connected, as 10s.
    #[arg(long = "for", value_name = "TIME", value_parser = positive)]
    lasting: Option<Span>,
    /// Do not come back when the connection is lost, but end.
    #[arg(long)]
    no_reconnect: bool,
    /// Print each event as a JSON object on a line.
    #[arg(long)]
    json: bool,
    /// Say nothing on standard error but errors.
    #[arg(short, long)]
    quiet: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    ended by --count, --for, Ctrl-C, or because standard output was closed
  2    usage error
  4    unknown: the target cannot be reached, refused the login or the socket, or with
       --no-reconnect dropped it; or the time was over before the events of --count had come
  130  interrupted before the events of --count had come";

pub(super) fn run(args: &ListenArgs) -> anyhow::Result<ExitCode> {
    let order = match order(args)? {
        Ok(order) => order,
        Err(code) => return Ok(code),
    };
    let ended = runtime()?.block_on(carry_out(args, order))?;
    let listened = match ended {
        Ok(listened) => listened,
        Err(error) => {
            let error = report::printable(&error.to_string());
            files::say(&format!("error: {error}"));
            return Ok(ExitCode::from(EXIT_UNKNOWN));
        }
    };
    let (code, missing) = exit_code(listened, args.count);
    let words = last_words(listened, args.count.filter(|_| missing));
    if let Some(words) = words.filter(|_| missing || !args.quiet) {
        files::say(&words);
    }
    Ok(ExitCode::from(code))
}

/// What to listen to, or the exit code of what is wrong with the flags.
fn order(args: &ListenArgs) -> anyhow::Result<Result<Order, ExitCode>> {
    let usage = |error: &str| {
        files::say(&format!("error: {error}"));
        Ok(Err(ExitCode::from(EXIT_USAGE)))
    };
    if args.users.len() > MOST_USERS {
        return usage(&format!(
            "--user: {} users; at most {MOST_USERS}, and for more there is `pushproof run`",
            args.users.len()
        ));
    }
    if args.token.is_some() && args.users.len() > 1 {
        return usage("--token: one token is one user's; name one with --user, or none");
    }
    let by_hand = ByHand {
        token: args.token.is_some(),
        pushes: false,
    };
    let plan = match args.at.plan(!args.no_reconnect, by_hand)? {
        Ok(plan) => plan,
        Err(told) => return Ok(Err(refuse(&told))),
    };
    if let Some(why) = whose::shown_nowhere(&plan, args) {
        return usage(&why);
    }
    let who = match whose::who(&plan, args) {
        Ok(who) => who,
        Err(error) => return usage(&format!("--user: {error}")),
    };
    Ok(Ok(Order {
        plan,
        who,
        timeout: args.at.timeout.0,
        events: args.events.clone(),
        count: args.count,
        lasting: args.lasting.map(|span| span.0),
    }))
}

/// The exit code, and whether events are missing that were asked for.
fn exit_code(listened: Listened, count: Option<u64>) -> (u8, bool) {
    let missing = count.is_some_and(|count| listened.events < count);
    match listened.end {
        End::TimeOver if missing => (EXIT_UNKNOWN, true),
        End::Stopped if missing => (EXIT_INTERRUPTED, true),
        _ => (0, false),
    }
}

/// What is said at the end; nothing where nobody is there to hear it.
fn last_words(listened: Listened, wanted: Option<u64>) -> Option<String> {
    let events = match listened.events {
        1 => "1 event".to_owned(),
        n => format!("{n} events"),
    };
    let of = wanted.map_or_else(String::new, |count| format!(" of {count}"));
    Some(match listened.end {
        End::Counted => events,
        End::TimeOver => format!("{events}{of}; the time is over"),
        End::Stopped => format!("{events}{of}; interrupted"),
        End::Unwanted => return None,
    })
}

/// Listens on a thread of its own, so that this one hears interrupts whatever standard output does.
async fn carry_out(
    args: &ListenArgs,
    order: Order,
) -> anyhow::Result<Result<Listened, ListenError>> {
    let mut interrupts = quiet_interrupts()?;
    let (stop, stopped) = watch::channel(false);
    let (sender, mut ended) = oneshot::channel();
    let mut printer = Printer::new(args, &order);
    let left = Arc::clone(&printer.left);
    let thread = std::thread::Builder::new().name("listen".to_owned());
    let listening = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let ended = runtime.map_err(ListenError::System).and_then(|runtime| {
            let told = move |told: Told<'_>| printer.take(told);
            runtime.block_on(listen::listen(order, stopped, told))
        });
        sender.send(ended).ok();
    };
    thread.spawn(listening).context("cannot start a thread")?;
    let mut closed = pin!(stdout_closed());
    let mut why = None;
    let mut given_up = pin!(tokio::time::sleep(Duration::MAX));
    let ended = loop {
        let told_to = tokio::select! {
            ended = &mut ended => break ended.context("listening has failed")?,
            Some(()) = interrupts.recv() => End::Stopped,
            () = &mut closed, if why.is_none() => End::Unwanted,
            () = &mut given_up => break Ok(left.listened(End::Stopped)),
        };
        if why.is_some() {
            break Ok(left.listened(End::Stopped));
        }
        why = Some(told_to);
        stop.send_replace(true);
        given_up.set(tokio::time::sleep(PATIENCE));
    };
    if let Some(error) = left.failure() {
        return Err(error).context("cannot write to standard output");
    }
    Ok(ended.map(|listened| match (listened.end, why) {
        (End::Stopped, Some(why)) => Listened {
            end: why,
            ..listened
        },
        _ => listened,
    }))
}

/// Ready when nobody reads standard output any more, where the system tells. Otherwise the next line shows it.
async fn stdout_closed() {
    // Its successor asks for `unsafe`, in return for a promise: the descriptor stays open as long as it is watched. Nobody closes
    // standard output.
    #[expect(deprecated)]
    let watched = AsyncFd::with_interest(std::io::stdout(), Interest::ERROR);
    if let Ok(watched) = watched
        && watched.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// What the thread that prints leaves for the other one.
#[derive(Default)]
struct Left {
    events: AtomicU64,
    failure: Mutex<Option<std::io::Error>>,
}

impl Left {
    fn listened(&self, end: End) -> Listened {
        let events = self.events.load(Ordering::Relaxed);
        Listened { end, events }
    }

    fn failure(&self) -> Option<std::io::Error> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Prints what it is told.
struct Printer {
    style: Style,
    quiet: bool,
    /// There is more than one user.
    several: bool,
    /// The apps, and the target, for words.
    apps: Vec<String>,
    target: String,
    left: Arc<Left>,
}

#[derive(Clone, Copy)]
enum Style {
    Json,
    Plain,
    Pretty(Colour),
}

impl Printer {
    fn new(args: &ListenArgs, order: &Order) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self {
            style: match (args.json, terminal) {
                (true, _) => Style::Json,
                (false, true) => Style::Pretty(colour(true)),
                (false, false) => Style::Plain,
            },
            quiet: args.quiet,
            several: order.who.len() > 1,
            apps: order.plan.apps.clone(),
            target: order.plan.target.clone().unwrap_or_default(),
            left: Arc::default(),
        }
    }

    fn take(&mut self, told: Told<'_>) -> ControlFlow<()> {
        match told {
            Told::Event(heard) => return self.print(&heard),
            Told::Connected { who, again } => {
                let how = if again { "is back" } else { "listens" };
                let app = &self.apps[who.app().index()];
                self.note(&format!("{who} {how} in app {app} at {}", self.target));
            }
            Told::Away {
                who,
                why,
                dropped,
                wait,
            } => {
                let what = if dropped {
                    "lost its connection"
                } else {
                    "could not come back"
                };
                let next = match wait {
                    Some(wait) => format!(
                        "trying again in {:.1} s; what is pushed meanwhile is not seen",
                        wait.as_secs_f64()
                    ),
                    None => "not coming back".to_owned(),
                };
                self.note(&format!("{who} {what}: {why}; {next}"));
            }
        }
        ControlFlow::Continue(())
    }

    fn print(&self, heard: &Heard<'_>) -> ControlFlow<()> {
        let event = report::Event {
            at_unix_nanos: heard.at_unix_nanos,
            user: heard
                .who
                .name()
                .filter(|_| self.several || matches!(self.style, Style::Json)),
            name: heard.name,
            args: heard.args,
            attachments: heard.attachments,
            premature: heard.premature,
            stray: heard.stray,
        };
        let line = match self.style {
            Style::Json => event.json(),
            Style::Plain => event.plain(),
            Style::Pretty(colour) => event.pretty(colour),
        };
        let mut out = std::io::stdout().lock();
        let written = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        let Err(error) = written else {
            self.left.events.fetch_add(1, Ordering::Relaxed);
            return ControlFlow::Continue(());
        };
        // A reader that has had enough (`| head`) is no error.
        if error.kind() != ErrorKind::BrokenPipe {
            let failure = self.left.failure.lock();
            *failure.unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        ControlFlow::Break(())
    }

    fn note(&self, words: &str) {
        if !self.quiet {
            let time = report::time_of(unix_nanos());
            files::say(&format!("{time} {}", report::printable(words)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_for_events_gets_no_zero_without_them() {
        let code = |end, events, count| exit_code(Listened { end, events }, count);
        assert_eq!(code(End::Counted, 3, Some(3)), (0, false));
        assert_eq!(code(End::TimeOver, 0, None), (0, false));
        assert_eq!(code(End::Stopped, 0, None), (0, false));
        assert_eq!(code(End::TimeOver, 2, Some(3)), (4, true));
        assert_eq!(code(End::Stopped, 2, Some(3)), (130, true));
        assert_eq!(code(End::Unwanted, 2, Some(3)), (0, false));
    }
}
