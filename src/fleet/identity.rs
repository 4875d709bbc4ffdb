//! Whose a login or socket is, and what that makes of the contract with the target.

use crate::client::endpoint::Endpoint;
use crate::client::http::{Call, Http, query_value};
use crate::client::login::{self, LoginError};
use crate::scenario::Contract;
use crate::scenario::template::{Escape, Name, Template};

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
}

impl Identity<'_> {
    fn value(&self, name: Name) -> &str {
        match name {
            Name::App => self.app,
            Name::User => self.user,
            Name::Password => self.password,
            Name::Session => self.session,
            Name::Event | Name::Message | Name::MessageText => "",
        }
    }

    fn fill(&self, template: &Template, escape: Escape) -> String {
        template.fill(escape, |name| self.value(name))
    }

    /// Logs in and gives the session id; an empty one if nobody logs in.
    pub async fn log_in(&self, contract: &Contract, http: &Http) -> Result<String, LoginError> {
        let Some((call, session)) = &contract.login else {
            return Ok(String::new());
        };
        let filled = call.fill(&contract.headers, |name| self.value(name));
        let login = login::Login {
            user: self.user,
            app: self.app,
            call: Call {
                method: filled.method,
                path: filled.path,
                headers: filled.headers,
                body: filled.body,
            },
            session,
        };
        login::login(http, login).await
    }

    /// The CONNECT payload.
    pub fn auth(&self, contract: &Contract) -> String {
        self.fill(&contract.auth, Escape::Json)
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
        let own = contract.handshake.iter();
        let own = own.map(|(name, value)| (name.clone(), self.fill(value, Escape::Plain)));
        endpoint.presents.headers.extend(own);
        Some(endpoint.into())
    }
}
