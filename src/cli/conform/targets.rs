//! The targets that are named, and how each is reached.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::files;
use super::super::scenario::Asked;
use super::super::shown::Voice;
use super::ConformArgs;
use super::operated::Operated;
use crate::conform::operate::Operates;
use crate::conform::target::Target;
use crate::scenario::Plan;
use crate::scenario::conformance::Section;
use crate::scenario::file::{self, File};
use crate::scenario::profile::Profile;

/// What the embedded platform is, besides what the plan says: cases wait for its times, and [`Section::embedded`] states them.
pub(super) const FLAGS: [&str; 13] = [
    "--ping-interval-ms=1000",
    "--ping-timeout-ms=2000",
    "--connect-timeout-ms=2000",
    "--upgrade-timeout-ms=2000",
    "--assembly-timeout-ms=2000",
    "--request-timeout-ms=3000",
    "--queue-bytes=8388608",
    "--recovery-ms=120000",
    "--max-sockets=600",
    "--namespace=/custom",
    "--namespace=/admin",
    "--any-password=any",
    "--origin=https://app.example",
];

/// Nodes that the embedded platform has at least: cases ask at one for what is at another.
const NODES: u32 = 2;

/// A target by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Whatever the scenario says, if there is one; else the embedded platform.
    Scenario(Option<PathBuf>),
    /// The embedded platform.
    Embedded,
    /// That of this scenario file.
    File(PathBuf),
    /// This base URL, reached as the scenario says.
    Url(String),
}

/// A target that is there.
pub(super) struct Found {
    pub(super) target: Arc<Target>,
    /// It, if it is the embedded platform.
    pub(super) embedded: Option<Arc<Operated>>,
    /// The name of its profile.
    pub(super) taken_for: &'static str,
}

/// The word of scenario files.
fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Embedded => "embedded",
        Profile::Directual => "directual",
        Profile::Socketio => "socketio",
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded | Self::Scenario(None) => f.write_str("embedded"),
            Self::File(path) | Self::Scenario(Some(path)) => {
                let stem = path.file_stem().unwrap_or(path.as_os_str());
                f.write_str(&stem.to_string_lossy())
            }
            Self::Url(url) => f.write_str(url),
        }
    }
}

impl Named {
    /// All that were named, or what is wrong with them.
    pub(super) fn all(args: &ConformArgs) -> Result<Vec<Self>, String> {
        if args.targets.is_empty() {
            return Ok(vec![Self::Scenario(args.scenario.clone())]);
        }
        let all: Vec<_> = args.targets.iter().map(|word| Self::of(word)).collect();
        let own = all.iter().find(|named| matches!(named, Self::File(_)));
        match (own, &args.scenario) {
            (Some(_), Some(_)) => Err(
                "error: --scenario: a target that is a file says itself how it is reached; leave --scenario out\n"
                    .to_owned(),
            ),
            _ => Ok(all),
        }
    }

    fn of(word: &str) -> Self {
        let path = Path::new(word);
        let is_file = path
            .extension()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("toml"));
        if word == "embedded" {
            Self::Embedded
        } else if is_file && !word.contains("://") {
            Self::File(path.to_owned())
        } else {
            Self::Url(word.to_owned())
        }
    }

    fn scenario<'a>(&'a self, args: &'a ConformArgs) -> Option<&'a Path> {
        match self {
            Self::File(path) | Self::Scenario(Some(path)) => Some(path),
            Self::Scenario(None) | Self::Embedded => None,
            Self::Url(_) => args.scenario.as_deref(),
        }
    }

    /// The flags as a scenario that lies over the file.
    fn flags(&self, args: &ConformArgs) -> File {
        let url = match self {
            Self::Url(url) => Some(url.clone()),
            _ => None,
        };
        File {
            target: file::Target {
                // A target named here takes the place of all that the scenario names.
                nodes: url.is_some().then(Vec::new),
                url,
                tls: args.tls.section(),
                ..file::Target::default()
            },
            ..File::default()
        }
    }

    /// Its plan, or what is wrong with it, in words.
    pub(super) fn plan(
        &self,
        args: &ConformArgs,
        seed: u64,
    ) -> anyhow::Result<Result<Plan, String>> {
        let plan = self.asked(args, self.flags(args))?.plan(seed);
        Ok(plan.map(|plan| match plan.target {
            Some(_) => plan,
            None => Plan {
                conformance: Section::embedded(),
                platform_nodes: plan.platform_nodes.max(NODES),
                ..plan
            },
        }))
    }

    fn asked(&self, args: &ConformArgs, flags: File) -> anyhow::Result<Asked> {
        let mut asked = Asked::load(self.scenario(args), flags, &args.settings)?;
        asked.for_cases();
        Ok(asked)
    }

    /// The command that says the same of the target.
    pub(super) fn again(&self, args: &ConformArgs, plan: &Plan) -> String {
        let mut words = vec!["pushproof conform".to_owned()];
        let path = |path: &Path| quoted(&path.to_string_lossy());
        match self {
            Self::Scenario(None) | Self::Embedded => {}
            Self::Scenario(Some(file)) => words.push(format!("--scenario {}", path(file))),
            Self::File(file) => words.push(format!("--target {}", path(file))),
            Self::Url(url) => {
                let own = args.scenario.iter();
                words.extend(own.map(|file| format!("--scenario {}", path(file))));
                let url = plan.target.as_ref().unwrap_or(url);
                words.push(format!("--target {}", quoted(url)));
            }
        }
        let settings = args.settings.iter();
        words.extend(settings.map(|set| format!("--set {}", quoted(set))));
        words.join(" ")
    }

    /// The target itself, and the embedded platform if it is that. An error is in words.
    ///
    /// `voice`: where the embedded platform says what it has to say.
    ///
    /// One that is named by nothing but its URL, and lets nobody in as the platform does, is taken for any Socket.IO server.
    pub(super) async fn find(
        &self,
        args: &ConformArgs,
        plan: &Arc<Plan>,
        voice: Voice,
    ) -> anyhow::Result<Result<Found, String>> {
        let embedded = match &plan.target {
            Some(_) => None,
            None => match Operated::start(plan, voice).await {
                Ok(embedded) => Some(embedded),
                Err(error) => return Ok(Err(error.to_string())),
            },
        };
        let several = embedded.as_ref().map(|embedded| Plan {
            nodes: embedded.urls().iter().skip(1).cloned().collect(),
            ..Plan::clone(plan)
        });
        let plan = &several.map_or_else(|| Arc::clone(plan), Arc::new);
        let url = embedded
            .as_ref()
            .map(|embedded| embedded.urls()[0].as_str());
        let url = url.or(plan.target.as_deref()).unwrap_or_default();
        let by = embedded
            .clone()
            .map(|embedded| embedded as Arc<dyn Operates>);
        let found = match Target::operated(url, plan, embedded.is_some(), by).await {
            Ok(found) => found,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let bare =
            matches!(self, Self::Url(_)) && args.scenario.is_none() && args.settings.is_empty();
        let Some(why) = found.nobody_is_let_in().filter(|_| bare) else {
            return Ok(Ok(Found {
                taken_for: self.taken_for(args, embedded.is_some())?,
                target: found,
                embedded,
            }));
        };
        let mut flags = self.flags(args);
        flags.target.profile = Some(Profile::Socketio);
        let Ok(open) = self.asked(args, flags)?.plan(plan.seed) else {
            return Ok(Ok(Found {
                taken_for: self.taken_for(args, false)?,
                target: found,
                embedded,
            }));
        };
        files::say(&format!(
            "note: {why}; taken for a Socket.IO server of which nothing is known: how users log in and pushes are asked for says a scenario's [target]"
        ));
        let found = Target::find(url, &Arc::new(open), false).await;
        Ok(found
            .map(|target| Found {
                target,
                embedded: None,
                taken_for: profile(Profile::Socketio),
            })
            .map_err(|error| error.to_string()))
    }

    /// The profile of the target, by its name.
    fn taken_for(&self, args: &ConformArgs, embedded: bool) -> anyhow::Result<&'static str> {
        if embedded {
            return Ok(profile(Profile::Embedded));
        }
        let asked = self.asked(args, self.flags(args))?;
        Ok(profile(
            asked.file().target.profile.unwrap_or(Profile::Directual),
        ))
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.,_-=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{Named, quoted};

    #[test]
    fn a_word_is_one_word_to_a_shell() {
        assert_eq!(quoted("http://t:3000/a"), "http://t:3000/a");
        assert_eq!(quoted("http://[::1]:1"), "'http://[::1]:1'");
        assert_eq!(quoted("it's here.toml"), "'it'\\''s here.toml'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_target_is_a_url_or_a_file_or_the_platform() {
        let told = |word: &str| Named::of(word).to_string();
        assert_eq!(told("targets/node.toml"), "node");
        assert_eq!(told("http://a/b.toml"), "http://a/b.toml");
        assert_eq!(Named::of("embedded"), Named::Embedded);
    }
}
