//! The HTTP side of the push contract, as plain requests: log in, log out, push. For any server of the contract.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

use super::peers::within;

/// A server of the push contract, seen from its HTTP side.
#[derive(Clone)]
pub(crate) struct Rest {
    base: String,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl Rest {
    /// `base` is like `http://127.0.0.1:4000`.
    pub(crate) fn new(base: &str) -> Self {
        // No pooling: a server may close an idle connection at the moment it is used again, and a push must not be repeated.
        let http = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build_http();
        Self {
            base: base.to_owned(),
            http,
        }
    }

    /// Status and body (`null` if there is none, text as a string if it is not JSON).
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .body(Full::from(
                body.map_or_else(Vec::new, |body| body.to_string().into_bytes()),
            ))
            .expect("a well-formed request");
        let what = format!("{method} {path}");
        let answer = within(&what, self.http.request(request)).await;
        let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
        let status = answer.status().as_u16();
        let bytes = within(&what, answer.into_body().collect()).await;
        let bytes = bytes
            .unwrap_or_else(|error| panic!("{what}: {error}"))
            .to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        let value = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()))
        };
        (status, value)
    }

    /// The raw answer of a login.
    pub(crate) async fn try_login(&self, app: &str, user: &str, password: &str) -> (u16, Value) {
        let body = json!({"provider": "rest", "username": user, "password": password});
        self.call(
            "POST",
            &format!("/good/api/v5/auth?appID={app}"),
            Some(&body),
        )
        .await
    }

    /// Logs `user-<n>` in with its `password-<n>` and returns the session id.
    pub(crate) async fn login(&self, app: &str, user: &str) -> String {
        let (status, body) = self.try_login(app, user, &password_of(user)).await;
        assert_eq!(status, 200, "login of {user} in {app}: {body}");
        let token = body["result"]["token"].as_str();
        token
            .unwrap_or_else(|| panic!("login of {user} in {app} gave no token: {body}"))
            .to_owned()
    }

    /// Whether the server says that the session is live, in either shape that is in use.
    pub(crate) async fn check(&self, app: &str, session: &str) -> bool {
        let (_, body) = self
            .call(
                "GET",
                &format!("/good/api/v4/auth/check?appID={app}&sessionID={session}"),
                None,
            )
            .await;
        body["result"]["result"] == true || body["result"] == true
    }

    pub(crate) async fn logout(&self, app: &str, session: &str) {
        let (status, body) = self
            .call(
                "GET",
                &format!("/good/api/v4/auth/logout?appID={app}&sessionID={session}"),
                None,
            )
            .await;
        assert_eq!(status, 200, "logout: {body}");
    }

    /// Pushes, and returns when the server has answered. No message means a push without its second parameter.
    pub(crate) async fn push(
        &self,
        app: &str,
        audience: &str,
        event: &str,
        message: Option<&Value>,
    ) {
        let mut body = json!({"userID": audience, "eventName": event});
        if let Some(message) = message {
            body["message"] = message.clone();
        }
        let (status, answer) = self
            .call(
                "POST",
                &format!("/good/api/v5/data/push/send?appID={app}&sessionID="),
                Some(&body),
            )
            .await;
        assert_eq!(
            status, 200,
            "push of {event} to {audience} in {app}: {answer}"
        );
    }
}

/// The password that the contract's test users have: `user-7` → `password-7`.
pub(crate) fn password_of(user: &str) -> String {
    user.replacen("user-", "password-", 1)
}
