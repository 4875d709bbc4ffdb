//! What a target is taken for before a scenario says more of how it is spoken to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::Target;
use super::problems::Problems;

/// What a target is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The platform that is started for the run.
    Embedded,
    /// A platform with the contract of the embedded one: Directual with its Socket.io plugin.
    Directual,
    /// Any Socket.IO server, of which nothing is taken for granted: nobody logs in, sockets present nothing, and how a push is asked for has to
    /// be said.
    Socketio,
}

const KEY: &str = "target.profile";

impl Target {
    /// Fills in what its profile has of what nothing was said of.
    /// Whether pushes are asked for decides whether it has to be said how.
    pub(super) fn fill_in(&mut self, pushes: bool, problems: &mut Problems) {
        let Some(profile) = self.profile else { return };
        let named = self.url.is_some();
        problems.check(named != (profile == Profile::Embedded), KEY, || {
            if named {
                "the embedded platform is started for the run; leave the target's url out, or write directual, whose contract is the same".to_owned()
            } else {
                "which server is it? Name it by target.url or --target, or write embedded".to_owned()
            }
        });
        if profile != Profile::Socketio {
            return;
        }
        let nothing = Self::default();
        if self.login == nothing.login {
            self.login.enabled = Some(false);
        }
        if self.connect == nothing.connect {
            self.connect.auth = Some(String::new());
        }
        problems.check(!pushes || self.says_how_to_push(), KEY, || {
            "how is a push asked for? No Socket.IO server has a call for that by itself; say it in [target.trigger], or in [[target.triggers]]".to_owned()
        });
    }

    /// Whether a trigger is named.
    pub fn says_how_to_push(&self) -> bool {
        self.trigger != Self::default().trigger || self.triggers.is_some()
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Plan;
    use crate::scenario::file::File;

    fn plan(text: &str) -> Result<Plan, Vec<String>> {
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1);
        plan.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    const SERVER: &str = "[target]\nurl = \"http://127.0.0.1:1\"\n";
    const TRIGGER: &str = "[target.trigger]\npath = \"/push/{{user}}\"\nbody = \"{{message}}\"\n";

    #[test]
    fn of_any_server_nothing_is_taken_for_granted() {
        let any = format!("{SERVER}profile = \"socketio\"\n{TRIGGER}");
        let taken = plan(&any).unwrap();
        assert!(taken.contract.login.is_none());
        assert_eq!(taken.contract.auth.to_string(), "");
        // What is said holds.
        let said = format!(
            "{any}[target.login]\npath = \"/in\"\n[target.connect]\nauth = '{{\"s\":\"{{{{session}}}}\"}}'\n"
        );
        let taken = plan(&said).unwrap();
        assert!(taken.contract.login.is_some());
        assert_eq!(taken.contract.auth.to_string(), "{\"s\":\"{{session}}\"}");
    }

    #[test]
    fn a_directual_target_is_what_a_target_is_without_a_profile() {
        let directual = plan(&format!("{SERVER}profile = \"directual\"\n")).unwrap();
        let without = plan(SERVER).unwrap();
        assert_eq!(directual.contract.auth, without.contract.auth);
        assert!(directual.contract.login.is_some());
        assert!(plan("[target]\nprofile = \"embedded\"\n").is_ok());
    }

    /// A report has the profile as it was written, and what was made of it goes to the other processes of a run.
    #[test]
    fn a_plan_with_a_profile_is_written_and_read_again() {
        let text = format!("{SERVER}profile = \"socketio\"\n{TRIGGER}");
        let json = serde_json::to_value(plan(&text).unwrap()).unwrap();
        assert_eq!(json["target"]["profile"], "socketio");
        serde_json::from_value::<Plan>(json).unwrap();
    }
}
