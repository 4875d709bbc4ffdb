//! Asking by a program, started for each push: exit code 0 is a yes, any other a no; one that was killed, or took too long, leaves the push
//! unknown. A lane has one at a time. No shell reads its arguments.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command as Program};

use super::{Asked, Wanted, fill};
use crate::client::shortage::is_shortage;
use crate::scenario::template::Escape;
use crate::scenario::triggers::CommandWay;

/// Bytes of its standard error that are read, and letters that are told.
const READ: u64 = 64 * 1024;
const TOLD: usize = 200;

/// Starts one lane's programs.
pub(super) struct Command {
    way: CommandWay,
    timeout: Duration,
}

/// Program, arguments and standard input.
pub(super) struct Started {
    words: Vec<String>,
    stdin: String,
}

impl Command {
    pub(super) fn new(way: CommandWay, timeout: Duration) -> Self {
        Self { way, timeout }
    }

    pub(super) fn filled(&self, wanted: &Wanted<'_>) -> Started {
        let fill = |template| fill(template, Escape::Plain, wanted, &self.way.everyone);
        Started {
            words: self.way.command.iter().map(fill).collect(),
            stdin: fill(&self.way.stdin),
        }
    }

    pub(super) async fn run(&self, started: Started) -> Asked {
        let (program, args) = started.words.split_first().expect("a plan has a program");
        // As it is written: what a list has of a user may be a secret.
        let named = self.way.command[0].to_string();
        let spawned = Program::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            // Nothing was asked for.
            Err(error) => {
                return Asked {
                    shortage: is_shortage(&error).then(|| error.to_string()),
                    ..Asked::rejected(format!("cannot start {named:?}: {error}"))
                };
            }
        };
        let ended = tokio::time::timeout(self.timeout, to_its_end(&mut child, &started.stdin));
        if let Ok(asked) = ended.await {
            return asked;
        }
        child.kill().await.ok();
        Asked::unknown(format!("{named:?} took longer than {:?}", self.timeout))
    }
}

async fn to_its_end(child: &mut Child, stdin: &str) -> Asked {
    let mut input = child.stdin.take().expect("it is piped");
    let output = child.stderr.take().expect("it is piped");
    let mut said = Vec::new();
    let write = async {
        // One that does not read its input may still know what to do.
        input.write_all(stdin.as_bytes()).await.ok();
        drop(input);
    };
    let read = async {
        let mut limited = output.take(READ);
        limited.read_to_end(&mut said).await.ok();
        // What is left is let go of, so that it never blocks.
        let mut rest = limited.into_inner();
        tokio::io::copy(&mut rest, &mut tokio::io::sink())
            .await
            .ok();
    };
    let ((), (), status) = tokio::join!(write, read, child.wait());
    let status = match status {
        Ok(status) => status,
        Err(error) => return Asked::unknown(format!("the command was lost sight of: {error}")),
    };
    let said = String::from_utf8_lossy(&said);
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: String = said.chars().take(TOLD).collect();
    let said = if said.is_empty() {
        said
    } else {
        format!(": {said}")
    };
    match status.code() {
        Some(0) => Asked::accepted(),
        Some(code) => Asked::rejected(format!("the command ended with exit code {code}{said}")),
        None => Asked::unknown(format!("the command was killed ({status}){said}")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::history::Outcome;
    use crate::scenario::template::{Name, Template};

    async fn ran(words: &[&str], timeout: Duration) -> Asked {
        let template = |text: &&str| Template::parse(text, Name::PUSH).unwrap();
        let way = CommandWay {
            command: words.iter().map(template).collect(),
            stdin: template(&"{{message}}"),
            everyone: "*".to_owned(),
        };
        let command = Command::new(way, timeout);
        let wanted = Wanted {
            app: "a",
            user: None,
            listed: None,
            event: "$(e) x",
            message: "{\"n\":1}",
            bytes: None,
        };
        command.run(command.filled(&wanted)).await
    }

    #[tokio::test]
    async fn an_exit_code_is_a_yes_a_no_or_neither() {
        let long = Duration::from_secs(30);
        let sh = |script| ["sh", "-c", script, "sh", "{{user}}", "{{event}}"];
        let script = "test \"$1 $2\" = '* $(e) x' && test \"$(cat)\" = '{\"n\":1}'";
        assert_eq!(ran(&sh(script), long).await, Asked::accepted());
        let no = ran(&sh("echo not  now >&2; exit 7"), long).await;
        assert_eq!(
            no,
            Asked::rejected("the command ended with exit code 7: not now")
        );
        let killed = ran(&sh("kill -9 $$"), long).await;
        assert_eq!(killed.outcome, Outcome::Unknown);
        let never = ran(&["cat", "/dev/zero"], Duration::from_millis(50)).await;
        assert_eq!(never.outcome, Outcome::Unknown);
        assert!(never.why.unwrap().contains("took longer than 50ms"));
        let none = ran(&["/no/such/program"], long).await;
        assert_eq!(none.outcome, Outcome::Rejected);
        assert!(none.why.unwrap().contains("cannot start"));
    }
}
