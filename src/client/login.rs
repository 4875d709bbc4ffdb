//! Logging in: a user's name and password for a session id, and the session id for a CONNECT payload.

use serde::Deserialize;

use super::http::{Http, HttpError, query_value};

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
    },
    /// The target's yes carries no session id.
    #[error(
        "login of {user} in app {app}: the answer has no session id at result.token; is this the right target? It says: {body}"
    )]
    NoToken {
        /// The user's name.
        user: String,
        /// The app id.
        app: String,
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
            Self::NoToken { body, .. } => {
                format!("login gave no session id at result.token; the target says: {body}")
            }
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

#[derive(Deserialize)]
struct Granted {
    result: Token,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Logs a user in and gives the session id.
pub async fn login(
    http: &Http,
    app: &str,
    user: &str,
    password: &str,
) -> Result<String, LoginError> {
    let path = format!("/good/api/v5/auth?appID={}", query_value(app));
    let body = serde_json::json!({"provider": "rest", "username": user, "password": password});
    let named = || (user.to_owned(), app.to_owned());
    let answer = http
        .post_json(&path, body.to_string())
        .await
        .map_err(|cause| {
            let (user, app) = named();
            LoginError::Http { user, app, cause }
        })?;
    let (user, app) = named();
    if !answer.status.is_success() {
        return Err(LoginError::Refused {
            user,
            app,
            status: answer.status.as_u16(),
            message: said(&answer.body),
        });
    }
    match serde_json::from_slice::<Granted>(&answer.body) {
        Ok(granted) if !granted.result.token.is_empty() => Ok(granted.result.token),
        _ => Err(LoginError::NoToken {
            user,
            app,
            body: start_of(&answer.body),
        }),
    }
}

/// The CONNECT payload of a session.
pub fn auth(app: &str, session: &str) -> String {
    serde_json::json!({"app_id": app, "session_id": session}).to_string()
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
