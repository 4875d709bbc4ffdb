//! Logging in: a user's name and password for a session id.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::http::{Call, Http, HttpError};

/// Why a login gave no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The target could not be asked.
    #[error("login of {user} in app {app}: {cause}")]
    Http {
        /// The user's name.
        user: String,
        /// The app id.
        app: String,
        /// What went wrong.
        cause: HttpError,
    },
    /// The target said no.
    #[error("login of {user} in app {app} was refused: HTTP {status}{message}")]
    Refused {
        /// The user's name.
        user: String,
        /// The app id.
        app: String,
        /// The HTTP status.
        status: u16,
        /// The target's words, if there were any.
        message: String,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The target's yes carries no session id.
    #[error(
        "login of {user} in app {app}: the answer has no session id at {at}; is this the right target? It says: {body}"
    )]
    NoToken {
        /// The user's name.
        user: String,
        /// The app id.
        app: String,
        /// Where it was looked for, as a JSON Pointer.
        at: String,
        /// The start of the answer.
        body: String,
    },
}

impl LoginError {
    /// What went wrong, whoever it was: many users meet the same.
    pub fn reason(&self) -> String {
        match self {
            Self::Http { cause, .. } => format!("login failed: {cause}"),
            Self::Refused {
                status, message, ..
            } => format!("login was refused: HTTP {status}{message}"),
            Self::NoToken { at, body, .. } => {
                format!("login gave no session id at {at}; the target says: {body}")
            }
        }
    }

    /// Whether it may go better later: the target was busy (429), in trouble (5xx), or not to be had.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Http { cause, .. } => !matches!(cause, HttpError::Address(_)),
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::NoToken { .. } => false,
        }
    }

    /// Whether nothing was sent, for want of a connection.
    pub fn is_unreached(&self) -> bool {
        let Self::Http { cause, .. } = self else {
            return false;
        };
        matches!(cause, HttpError::Connect { .. })
    }

    /// How long the target wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Http { .. } | Self::NoToken { .. } => None,
        }
    }

    /// User and app.
    pub fn who(&self) -> (&str, &str) {
        match self {
            Self::Http { user, app, .. }
            | Self::Refused { user, app, .. }
            | Self::NoToken { user, app, .. } => (user, app),
        }
    }
}

/// Whose login it is, and how.
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The app id.
    pub app: &'a str,
    /// The request.
    pub call: Call,
    /// Where the session id is in the answer, as a JSON Pointer (RFC 6901).
    pub session: &'a str,
}

/// Logs a user in and gives the session id.
pub async fn login(http: &Http, login: Login<'_>) -> Result<String, LoginError> {
    let (user, app) = (login.user.to_owned(), login.app.to_owned());
    let answer = match http.ask(login.call).await {
        Ok(answer) => answer,
        Err(cause) => return Err(LoginError::Http { user, app, cause }),
    };
    if !answer.status.is_success() {
        return Err(LoginError::Refused {
            user,
            app,
            status: answer.status.as_u16(),
            message: answer.words(),
            retry_after: answer.retry_after,
        });
    }
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    match body.pointer(login.session) {
        Some(Value::String(session)) if !session.is_empty() => Ok(session.clone()),
        Some(Value::Number(session)) => Ok(session.to_string()),
        _ => Err(LoginError::NoToken {
            user,
            app,
            at: login.session.to_owned(),
            body: start_of(&answer.body),
        }),
    }
}

/// What an error answer says: its `msg`, or the start of whatever it is, after a colon; nothing if it is empty.
pub fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Error {
        msg: String,
    }
    let words = serde_json::from_slice::<Error>(body).map_or_else(|_| start_of(body), |e| e.msg);
    if words.is_empty() {
        words
    } else {
        format!(": {words}")
    }
}

fn start_of(body: &[u8]) -> String {
    const MOST: usize = 160;
    let text = String::from_utf8_lossy(body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn an_error_answer_is_put_in_words() {
        let body = br#"{"msg":"User or password incorrect","code":108}"#;
        assert_eq!(said(body), ": User or password incorrect");
        assert_eq!(said(b"<html>\n  nope </html>"), ": <html> nope </html>");
        assert_eq!(said(b""), "");
    }
}
