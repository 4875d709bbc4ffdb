//! Asking over HTTP, as the contract with the target says.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Asked, Wanted};
use crate::client::http::{Answer, Call, Http, HttpError};
use crate::history::Outcome;
use crate::identity;
use crate::scenario::Contract;
use crate::scenario::contract::Call as Asking;
use crate::scenario::template::Name;
use crate::scenario::triggers::{HttpWay, Way};

/// Asks one target for pushes in its apps.
#[derive(Debug, Clone)]
pub struct HttpTrigger {
    http: Http,
    contract: Arc<Contract>,
    /// Which of its triggers.
    trigger: usize,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

impl HttpTrigger {
    /// A trigger for a target that is spoken to so.
    pub fn new(http: Http, contract: Arc<Contract>, trigger: usize) -> Self {
        Self {
            http,
            contract,
            trigger,
        }
    }

    fn way(&self) -> &HttpWay {
        match &self.contract.triggers[self.trigger].way {
            Way::Http(way) => way,
            _ => unreachable!("another trigger's"),
        }
    }

    /// The request for a push.
    pub fn call(&self, wanted: &Wanted<'_>) -> Call {
        let way = self.way();
        let base64 = wanted.bytes.map(|bytes| STANDARD.encode(bytes));
        if let (Some(base64), Some([one, all])) = (&base64, way.binary.as_deref()) {
            let call = if wanted.user.is_some() { one } else { all };
            return self.filled(call, wanted, "", base64);
        }
        let call = match wanted.user {
            Some(_) => &way.one,
            None => &way.all,
        };
        let (call, message) = match (wanted.message, way.bare.as_deref()) {
            ("", Some([one, all])) => (if wanted.user.is_some() { one } else { all }, ""),
            // Where there has to be something, it is nothing.
            ("", None) => (call, "null"),
            (message, _) => (call, message),
        };
        self.filled(call, wanted, message, "")
    }

    fn filled(&self, call: &Asking, wanted: &Wanted<'_>, message: &str, base64: &str) -> Call {
        let filled = call.fill(&self.contract.headers, |name| match name {
            Name::App => wanted.app,
            Name::User => wanted.user.unwrap_or(&self.way().everyone),
            Name::Event => wanted.event,
            Name::Message | Name::MessageText => message,
            Name::MessageBase64 => base64,
            Name::Column(column) => wanted.column(column),
            Name::Password | Name::Session | Name::Token | Name::From => "",
        });
        identity::call(filled)
    }

    /// Asks for a push, and waits for the answer.
    pub async fn ask(&self, call: Call) -> Asked {
        judge(&self.http.ask(call).await)
    }

    /// As [`HttpTrigger::ask`], with the answer itself, if there was one.
    pub async fn ask_in_full(&self, call: Call) -> (Asked, Option<Answer>) {
        let answer = self.http.ask(call).await;
        (judge(&answer), answer.ok())
    }
}

/// 2xx is a yes unless its body says otherwise, 4xx a no; after anything else nobody knows what the target did. A web page is no answer to
/// a push: some servers have one, and a 200, for whatever they are asked.
fn judge(answer: &Result<Answer, HttpError>) -> Asked {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            return Asked {
                outcome: Outcome::Unknown,
                why: Some(error.to_string()),
                shortage: error.shortage().map(str::to_owned),
            };
        }
    };
    let page = answer.status.is_success() && answer.body.trim_ascii_start().starts_with(b"<");
    let why = || {
        let (status, words) = (answer.status.as_u16(), answer.words());
        Some(if page {
            format!(
                "HTTP {status} with a web page in place of an answer; is this the right target? It says{words}"
            )
        } else {
            format!("HTTP {status}{words}")
        })
    };
    if answer.status.is_success() && !page {
        let status = serde_json::from_slice::<Status>(&answer.body);
        let status = status.ok().and_then(|body| body.status);
        return if status.is_none_or(|s| s.eq_ignore_ascii_case("ok")) {
            Asked {
                outcome: Outcome::Accepted,
                why: None,
                shortage: None,
            }
        } else {
            Asked {
                outcome: Outcome::Rejected,
                why: why(),
                shortage: None,
            }
        };
    }
    Asked {
        outcome: if answer.status.is_client_error() {
            Outcome::Rejected
        } else {
            Outcome::Unknown
        },
        why: why(),
        shortage: None,
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::client::route::Route;
    use crate::scenario::file::File;

    fn judged(status: u16, body: &'static str) -> (Outcome, Option<String>) {
        let asked = judge(&Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.into(),
            location: None,
        }));
        (asked.outcome, asked.why)
    }

    #[test]
    fn an_answer_is_a_yes_a_no_or_neither() {
        assert_eq!(
            judged(200, r#"{"result":[],"status":"ok"}"#),
            (Outcome::Accepted, None)
        );
        assert_eq!(judged(200, r#"{"status":"OK"}"#).0, Outcome::Accepted);
        assert_eq!(judged(204, "").0, Outcome::Accepted);
        assert_eq!(
            judged(200, r#"{"msg":"no such app","status":"ERROR"}"#),
            (Outcome::Rejected, Some("HTTP 200: no such app".to_owned()))
        );
        assert_eq!(judged(400, "").0, Outcome::Rejected);
        assert_eq!(judged(429, "slow down").0, Outcome::Rejected);
        assert_eq!(judged(503, "").0, Outcome::Unknown);
        assert_eq!(judged(302, "").0, Outcome::Unknown);
        let (outcome, why) = judged(200, "\n<!doctype html>");
        assert_eq!(outcome, Outcome::Unknown);
        assert_eq!(
            why.as_deref(),
            Some(
                "HTTP 200 with a web page in place of an answer; is this the right target? It says: <!doctype html>"
            )
        );
    }

    fn body(target: &str, wanted: &Wanted<'_>) -> String {
        let body = call(target, wanted).body;
        String::from_utf8(body.to_vec()).expect("text")
    }

    /// The request for a push, at a target that a scenario describes so.
    fn call(target: &str, wanted: &Wanted<'_>) -> Call {
        let file = File::parse(target).unwrap();
        let contract = Contract::of_given(&file.target, &file.target).unwrap();
        let http = Http::new(
            "http://a",
            Route::default(),
            std::time::Duration::from_secs(1),
        );
        HttpTrigger::new(http, contract.into(), 0).call(wanted)
    }

    const WANTED: Wanted<'_> = Wanted {
        app: "demo",
        user: None,
        listed: None,
        event: "e",
        message: "",
        bytes: None,
    };

    #[test]
    fn bytes_go_out_in_base64() {
        let body = |target, user| {
            let bytes = Some(&[0, 255][..]);
            body(
                target,
                &Wanted {
                    user,
                    bytes,
                    ..WANTED
                },
            )
        };
        assert_eq!(
            body("", None),
            r#"{"userID":"*","eventName":"e","messageBase64":"AP8="}"#
        );
        let own = "[target.trigger]\nbody = '{\"m\":{{message}}}'\nbinary_body = '{\"u\":\"{{user}}\",\"b\":\"{{message_base64}}\"}'\n";
        assert_eq!(body(own, Some("u")), r#"{"u":"u","b":"AP8="}"#);
    }

    #[test]
    fn a_push_without_a_payload_goes_where_any_other_goes() {
        let target = "[target.trigger]\npath = \"/one/{{user}}\"\nbroadcast_path = \"/all\"\n";
        let call = |user| call(target, &Wanted { user, ..WANTED });
        assert_eq!(call(Some("u")).path, "/one/u");
        let all = call(None);
        assert_eq!(
            (all.path.as_str(), &*all.body),
            ("/all", &br#"{"userID":"*","eventName":"e"}"#[..])
        );
    }

    #[test]
    fn the_message_goes_out_as_it_stands_or_not_at_all() {
        let body = |user, event, message| {
            body(
                "",
                &Wanted {
                    user,
                    event,
                    message,
                    ..WANTED
                },
            )
        };
        assert_eq!(
            body(None, "a\"b", "{\"x\": 1}"),
            r#"{"userID":"*","eventName":"a\"b","message":{"x": 1}}"#
        );
        assert_eq!(
            body(Some("u"), "ä", ""),
            r#"{"userID":"u","eventName":"ä"}"#
        );
    }
}
