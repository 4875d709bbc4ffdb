//! Whose a login or socket is, and what that makes of the contract with the target.

use core::net::SocketAddr;

use crate::client::endpoint::{self, Endpoint};
use crate::client::http::{Call, Http, query_value};
use crate::client::listener::Hello;
use crate::client::login::{self, LoginError};
use crate::client::route::{Proxy, Route, Tls, Trust};
use crate::scenario::contract::Filled;
use crate::scenario::people::Listed;
use crate::scenario::template::{Escape, Name, Template};
use crate::scenario::{Contract, Plan};

/// Whose a login or socket is.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The app id.
    pub app: &'a str,
    /// The user's name.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a str,
    /// What the login gave; empty before.
    pub session: &'a str,
    /// The token; empty: none.
    pub token: &'a str,
    /// Where a list has more of the user.
    pub listed: Option<Listed<'a>>,
}

impl Identity<'_> {
    fn value(&self, name: Name) -> &str {
        match name {
            Name::App => self.app,
            Name::User => self.user,
            Name::Password => self.password,
            Name::Session => self.session,
            Name::Token => self.token,
            Name::Column(column) => self.listed.map_or("", |listed| listed.column(column)),
            Name::From | Name::Event | Name::Message | Name::MessageText | Name::MessageBase64 => {
                ""
            }
        }
    }

    fn fill(&self, template: &Template, escape: Escape) -> String {
        template.fill(escape, |name| self.value(name))
    }

    /// Logs in and gives the session id; an empty one if nobody logs in.
    pub async fn log_in(&self, contract: &Contract, http: &Http) -> Result<String, LoginError> {
        let Some((request, session)) = &contract.login else {
            return Ok(String::new());
        };
        let filled = request.fill(&contract.headers, |name| self.value(name));
        let login = login::Login {
            user: self.user,
            app: self.app,
            call: call(filled),
            session,
        };
        login::login(http, login).await
    }

    /// Logs out. The error is in words.
    pub async fn log_out(&self, contract: &Contract, http: &Http) -> Result<(), String> {
        let filled = contract
            .logout
            .fill(&contract.headers, |name| self.value(name));
        match http.ask(call(filled)).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => {
                let (status, said) = (answer.status.as_u16(), login::said(&answer.body));
                Err(format!("logout was refused: HTTP {status}{said}"))
            }
            Err(error) => Err(format!("logout failed: {error}")),
        }
    }

    /// How a socket presents itself.
    pub fn hello(&self, contract: &Contract) -> Hello {
        let namespace = &contract.namespace;
        Hello {
            namespace: (!namespace.is_empty()).then(|| self.fill(namespace, Escape::Plain)),
            auth: self.fill(&contract.auth, Escape::Json),
        }
    }

    /// An endpoint with what this socket alone presents there; `None`: no more than any.
    pub fn endpoint(&self, contract: &Contract, any: &Endpoint) -> Option<Box<Endpoint>> {
        if contract.query.is_empty() && contract.handshake.is_empty() {
            return None;
        }
        let mut endpoint = any.clone();
        for (name, value) in &contract.query {
            let (name, value) = (query_value(name), self.fill(value, Escape::Plain));
            let query = &mut endpoint.presents.query;
            query.extend(["&", &name, "=", &query_value(&value)]);
        }
        let own = contract.handshake.iter().map(|(name, value)| {
            let mut value = self.fill(value, Escape::Plain);
            // A session id is the target's own words: a line break in it must not begin another header.
            value.retain(|c| !c.is_control());
            (name.clone(), value)
        });
        endpoint.presents.headers.extend(own);
        Some(endpoint.into())
    }
}

/// Whom a plan trusts, and what it shows of its own.
pub fn trust(plan: &Plan) -> Trust<'_> {
    let (access, contract) = (&plan.access, &plan.contract);
    Trust {
        ca: access.ca.as_deref(),
        identity: access
            .identity
            .as_ref()
            .map(|(chain, key)| (chain.as_slice(), key.as_slice())),
        insecure: contract.insecure,
    }
}

/// The TLS of a plan's connections. The error is in words.
pub fn tls(plan: &Plan) -> Result<Tls, String> {
    Tls::new(trust(plan)).map_err(|error| error.to_string())
}

/// What a connection to a base URL goes through; `tls`: a plan's own, where something speaks it. The error is in words.
pub fn route(plan: &Plan, base: &str, tls: Option<&Tls>) -> Result<Route, String> {
    let proxy = plan.access.proxies.of_target(base).map(|proxy| Proxy {
        authority: proxy.authority.clone(),
        authorization: proxy.authorization.clone(),
    });
    Route::new(base, tls, proxy)
}

/// The address behind a base URL, or that of the proxy on the way there. The error is in words.
pub async fn look_up(plan: &Plan, base: &str) -> Result<SocketAddr, String> {
    match plan.access.proxies.of_target(base) {
        Some(proxy) => endpoint::look_up(&format!("http://{}", proxy.authority), "proxy").await,
        None => endpoint::look_up(base, "target").await,
    }
}

/// A request that a scenario describes, as the client makes it.
pub fn call(filled: Filled) -> Call {
    Call {
        method: filled.method,
        path: filled.path,
        headers: filled.headers,
        body: filled.body.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::endpoint::Presents;
    use crate::client::route::Route;
    use crate::scenario::file::File;

    #[test]
    fn a_socket_presents_what_the_contract_says_and_no_more() {
        let text = "[target]\nnamespace = \"/{{app}}/x\"\nheaders = { Tenant = \"t\" }\n[target.connect]\nauth = '{\"who\":\"{{user}}\"}'\n\
                    query = { \"a b\" = \"{{app}}&\" }\nheaders = { Cookie = \"sid={{session}}\" }\n";
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        let identity = Identity {
            app: "de mo",
            user: "Zo\"ë",
            password: "p",
            session: "s1\r\nX-Other: 1",
            token: "",
            listed: None,
        };
        let any = Endpoint {
            address: ([127, 0, 0, 1], 1).into(),
            uri: "ws://a/socket.io/".parse().unwrap(),
            presents: Presents {
                query: String::new(),
                headers: plan.contract.headers.clone(),
            },
            connect_timeout: std::time::Duration::from_secs(1),
            route: Route::default(),
            sources: Vec::new(),
        };
        let hello = identity.hello(&plan.contract);
        assert_eq!(hello.auth, r#"{"who":"Zo\"ë"}"#);
        assert_eq!(hello.namespace.as_deref(), Some("/de mo/x"));
        let own = identity.endpoint(&plan.contract, &any).unwrap();
        assert_eq!(own.presents.query, "&a+b=de+mo%26");
        let headers = [("Tenant", "t"), ("Cookie", "sid=s1X-Other: 1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(own.presents.headers, headers);
        let usual = Plan::from_file(&File::default(), 1).unwrap();
        assert!(identity.endpoint(&usual.contract, &any).is_none());
    }
}
