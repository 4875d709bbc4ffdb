//! Tokens that we sign ourselves: JWT (RFC 7519).

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::people::Who;
use super::problems::Problems;
use super::refused::Kind;
use super::template::{Column, Escape, Name, Template};
use super::units::Span;

/// A JWT for each user, signed by pushproof.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// `HS256`, with a secret, or `RS256`, with a private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// The secret of `HS256`, as `${JWT_SECRET}`. In no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The file with the private key of `RS256` in PEM, beside the scenario file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is claimed, a JSON object, with `{{app}}`, `{{user}}` and columns as `{{user.tenant}}`; `iat` and `exp` are added. Left out:
    /// `{"sub":"{{user}}","app":"{{app}}"}`. In no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// From `iat` to `exp`, as `1h`; left out: an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Span>,
}

const CLAIMS: &str = r#"{"sub":"{{user}}","app":"{{app}}"}"#;
const LIFETIME: Duration = Duration::from_secs(3_600);
/// How long ago a token ends that has expired: longer than any server's leeway for clocks.
const EXPIRED_AGO: u64 = 600;

/// Signs tokens.
#[derive(Clone)]
pub(super) struct Jwt {
    header: Header,
    key: EncodingKey,
    claims: Template,
    lifetime: Duration,
}

impl Jwt {
    pub(super) fn new(
        section: &Section,
        key: Option<&str>,
        problems: &mut Problems,
    ) -> Option<Self> {
        const ALGORITHM: &str = "users.jwt.algorithm";
        const SECRET: &str = "users.jwt.secret";
        const KEY: &str = "users.jwt.key";
        let key = match section.algorithm.as_deref() {
            Some("HS256") => {
                problems.check(section.key.is_none(), KEY, || {
                    "HS256 signs with users.jwt.secret; leave the key out, or take RS256".to_owned()
                });
                let secret = section.secret.as_deref().unwrap_or_default();
                problems.check(!secret.is_empty(), SECRET, || {
                    "HS256 needs a secret; write secret = \"${JWT_SECRET}\"".to_owned()
                });
                Some((
                    Algorithm::HS256,
                    EncodingKey::from_secret(secret.as_bytes()),
                ))
            }
            Some("RS256") => {
                problems.check(section.secret.is_none(), SECRET, || {
                    "RS256 signs with users.jwt.key; leave the secret out, or take HS256".to_owned()
                });
                problems.check(section.key.is_some(), KEY, || {
                    "RS256 needs a private key; write key = \"key.pem\"".to_owned()
                });
                // Whoever could not read it has told so.
                key.and_then(|pem| match rsa(pem) {
                    Ok(key) => Some((Algorithm::RS256, key)),
                    Err(why) => {
                        problems.add(KEY, why);
                        None
                    }
                })
            }
            other => {
                problems.add(ALGORITHM, match other {
                    Some(other) => format!("{other:?} is none that pushproof signs with; write HS256 or RS256"),
                    None => "it is not said how tokens are signed; write algorithm = \"HS256\" or \"RS256\"".to_owned(),
                });
                None
            }
        };
        let lifetime = section.lifetime.map_or(LIFETIME, |span| span.0);
        problems.check(lifetime >= Duration::from_secs(1), "users.jwt.lifetime", || {
            format!("{lifetime:?}; a token's times are whole seconds, so write one of at least 1s, as 1h")
        });
        let claims = claims(section.claims.as_deref().unwrap_or(CLAIMS), problems);
        let (algorithm, key) = key?;
        Some(Self {
            header: Header::new(algorithm),
            key,
            claims: claims?,
            lifetime,
        })
    }

    /// A token of this user, at a time in seconds since 1970.
    pub(super) fn sign<'v>(
        &self,
        who: Who<'v>,
        column: impl Fn(Column) -> &'v str,
        now: u64,
        wrong: Option<Kind>,
    ) -> String {
        let filled = self.claims.fill(Escape::Json, |name| match name {
            Name::App => who.app,
            Name::User => who.user,
            Name::Column(one) => column(one),
            _ => "",
        });
        let mut claims: Map<String, Value> = serde_json::from_str(&filled).unwrap_or_default();
        let lifetime = self.lifetime.as_secs();
        let begun = if wrong == Some(Kind::Expired) {
            now.saturating_sub(lifetime + EXPIRED_AGO)
        } else {
            now
        };
        let is_expired = wrong == Some(Kind::Expired);
        for (claim, at) in [("iat", begun), ("exp", begun + lifetime)] {
            if is_expired || !claims.contains_key(claim) {
                claims.insert(claim.to_owned(), at.into());
            }
        }
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key).unwrap_or_default();
        if wrong == Some(Kind::Invalid) {
            damaged(&token)
        } else {
            token
        }
    }

    /// The columns that the claims ask for.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> {
        self.claims.columns()
    }
}

/// The same token with another signature.
fn damaged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default())
}

/// A key that signs. The error is in words, and has nothing of the key.
fn rsa(pem: &str) -> Result<EncodingKey, String> {
    let wrong = "it has no private RSA key in PEM, which begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----";
    if pem.contains("BEGIN PUBLIC KEY") || pem.contains("BEGIN RSA PUBLIC KEY") {
        return Err("it has a public key; tokens are signed with the private one".to_owned());
    }
    if pem.contains("ENCRYPTED") {
        return Err("the key is encrypted; give it without a passphrase".to_owned());
    }
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| wrong.to_owned())?;
    // What is inside is looked at only when something is signed.
    let trial = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &Map::new(), &key);
    trial.map_err(|_| format!("{wrong}, and 2048 bits or more"))?;
    Ok(key)
}

fn claims(text: &str, problems: &mut Problems) -> Option<Template> {
    const KEY: &str = "users.jwt.claims";
    let claims = match Template::parse(text, Name::CLAIMS) {
        Ok(claims) => claims,
        Err(why) => {
            problems.add(KEY, why);
            return None;
        }
    };
    match serde_json::from_str::<Map<String, Value>>(&claims.fill(Escape::Json, |_| "x")) {
        Ok(_) => Some(claims),
        Err(why) => {
            problems.add(
                KEY,
                format!("not a JSON object once its values are filled in: {why}"),
            );
            None
        }
    }
}
