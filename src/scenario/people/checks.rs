//! What a plan has to keep to whose users are listed.

use super::super::audience::ABSENT_USERS;
use crate::ids::UserId;
use crate::scenario::plan::Plan;
use crate::scenario::problems::Problems;

impl Problems {
    /// Checks that the columns are there that are asked for.
    pub(in crate::scenario) fn columns(&mut self, plan: &Plan) {
        let asked = plan.contract.columns.iter().copied();
        for (key, column) in asked.chain(plan.people.claimed()) {
            if let Err(why) = plan.people.has_column(column) {
                self.add(key, why);
            }
        }
        let rate = plan.login_rate.is_none_or(|rate| rate > 0.0);
        self.check(rate, "users.login_rate", || {
            "at this rate nobody ever logs in; write one above zero, as 50/s".to_owned()
        });
    }

    /// Checks pushes at nobody where the users are listed.
    pub(in crate::scenario) fn nobody_listed(&mut self, plan: &Plan) {
        // Whoever is absent has a name by the pattern.
        let absent = (0..ABSENT_USERS * plan.apps.len().max(1) as u32)
            .map(|n| plan.name_of(UserId(plan.first_absent() + n)))
            .find(|name| {
                plan.people
                    .named(name)
                    .is_some_and(|users| !users.is_empty())
            });
        self.check(plan.absent <= 0.0 || absent.is_none(), "pushes.absent", || {
            let name = absent.unwrap_or_default();
            format!("absent users are called as users.name {:?} says, and {name:?} is listed; write another pattern there, as absent-{{n}}", plan.user_name)
        });
        if plan.foreign <= 0.0 {
            return;
        }
        self.check(plan.apps.len() > 1, "pushes.foreign", || {
            "there is no other app whose user could be asked for; name a second one in target.apps"
                .to_owned()
        });
        self.check(!plan.people.share_names(), "pushes.foreign", || {
            "apps have users of the same name, so none is another app's alone; list users with names of their own".to_owned()
        });
    }
}
