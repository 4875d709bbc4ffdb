//! Whose sockets listen, as the flags say.

use super::ListenArgs;
use crate::hand::who::{self, Given, Who, WhoError};
use crate::scenario::Plan;
use crate::scenario::template::Name;

/// What was given to be shown, and nothing shows; in words.
pub(super) fn shown_nowhere(plan: &Plan, args: &ListenArgs) -> Option<String> {
    let shown = [
        ("--session", &args.session, Name::Session),
        ("--token", &args.token, Name::Token),
    ];
    let nowhere = |(_, given, name): &(_, &Option<String>, Name)| {
        given.is_some() && !plan.contract.shows(*name)
    };
    let (flag, _, name) = shown.into_iter().find(nowhere)?;
    let name = name.name();
    Some(format!(
        "{flag}: nothing shows it; write {{{{{name}}}}} into [target.connect] where it goes"
    ))
}

/// Whose sockets listen.
pub(super) fn who(plan: &Plan, args: &ListenArgs) -> Result<Vec<Who>, WhoError> {
    let (app, token) = (args.at.app.as_deref(), args.token.as_deref());
    if let Some(session) = &args.session {
        return Ok(vec![Who::session(who::app(plan, app)?, session)]);
    }
    let given = Given {
        password: args.password.as_deref(),
        token,
    };
    match (args.users.as_slice(), token) {
        ([], Some(token)) => Ok(vec![Who::token(who::app(plan, app)?, token)]),
        ([], None) => Ok(vec![Who::first(plan, app, given)?]),
        (users, _) => {
            let users = users.iter();
            users
                .map(|name| Who::user(plan, app, name, given))
                .collect()
        }
    }
}
