//! What is read of headers, queries, the namespace and TLS.

use std::collections::BTreeMap;

use super::{Reading, Tls};
use crate::protocol::socket::MAIN_NAMESPACE;
use crate::scenario::template::{Name, Template};

impl Reading<'_> {
    pub(super) fn tls(&mut self, tls: &Tls) {
        let halves = [
            (&tls.cert, &tls.key, "target.tls.key", "private key"),
            (&tls.key, &tls.cert, "target.tls.cert", "certificate"),
        ];
        for (one, other, key, what) in halves {
            let whole = one.is_none() || other.is_some();
            self.problems.check(whole, key, || {
                format!("one goes with the other; name the file with the {what} too")
            });
        }
    }

    pub(super) fn namespace(&mut self, text: Option<&str>) -> Template {
        const KEY: &str = "target.namespace";
        let Some(text) = text.filter(|text| *text != MAIN_NAMESPACE) else {
            return Template::default();
        };
        let fits = text.starts_with('/') && !text.contains([',', '?', ' ']);
        self.problems.check(fits, KEY, || {
            format!("{text:?} is no namespace; write it as /chat, without a comma, question mark or space")
        });
        self.template(KEY, &[Name::App, Name::User], text)
    }

    pub(super) fn map(
        &mut self,
        key: &'static str,
        written: Option<&BTreeMap<String, String>>,
    ) -> Vec<(String, Template)> {
        let all = written.into_iter().flatten();
        all.map(|(name, text)| (name.clone(), self.template(key, Name::SOCKET, text)))
            .collect()
    }

    pub(super) fn headers(
        &mut self,
        key: &'static str,
        known: &[Name],
        written: Option<&BTreeMap<String, String>>,
    ) -> Vec<(String, Template)> {
        let mut all = Vec::new();
        for (name, text) in written.into_iter().flatten() {
            self.header(key, name, text);
            all.push((name.clone(), self.template(key, known, text)));
        }
        all
    }

    pub(super) fn plain_headers(
        &mut self,
        written: Option<&BTreeMap<String, String>>,
    ) -> Vec<(String, String)> {
        let all = written.into_iter().flatten();
        all.map(|(name, text)| {
            self.header("target.headers", name, text);
            (name.clone(), text.clone())
        })
        .collect()
    }

    fn header(&mut self, key: &'static str, name: &str, value: &str) {
        let named = name.parse::<http::HeaderName>();
        self.problems.check(named.is_ok(), key, || {
            format!("{name:?} is no name of a header")
        });
        // What the value is may be a secret.
        let valued = http::HeaderValue::from_str(value).is_ok();
        self.problems.check(valued, key, || {
            format!("the value of {name} has characters that no header takes")
        });
        let ours = [
            "host",
            "connection",
            "upgrade",
            "content-length",
            "transfer-encoding",
        ];
        let named = named.is_ok_and(|name| {
            ours.contains(&name.as_str()) || name.as_str().starts_with("sec-websocket-")
        });
        self.problems.check(!named, key, || {
            format!("{name} is a header that the connection sets itself; leave it out")
        });
    }
}
