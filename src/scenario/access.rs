//! What of the generator's machine the way to the target takes besides the scenario: certificates that stand in files, and proxies that
//! the environment names.
//!
//! Which target goes through which proxy is decided as Go's `net/http` does, and so most tools that read these variables.
//! *Invariant:* nothing of it is in a report or journal but a proxy's address.

use core::net::IpAddr;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::problems::Problems;
use super::triggers::{Trigger, Way};

/// Certificates and proxies.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Certificates of authorities that are trusted besides the usual ones, as PEM.
    pub ca: Option<Vec<u8>>,
    /// A certificate of the generator's own, and its private key, as PEM.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// Proxies.
    pub proxies: Proxies,
}

/// Without keys.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("ca", &self.ca.is_some())
            .field("identity", &self.identity.is_some())
            .field("proxies", &self.proxies)
            .finish()
    }
}

/// Which targets are reached through which proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    without: Vec<Without>,
}

/// A proxy that speaks HTTP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// The variable that named it.
    pub from: String,
    /// Its host with its port.
    pub authority: String,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<String>,
}

/// Without what it is told of who asks.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{} ({})", self.authority, self.from)
    }
}

/// The same: credentials end up in no log.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// Targets that are reached without a proxy: an entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Without {
    /// `*`.
    All,
    /// A network, by its address and how many bits of it count, and one port of it or all.
    Network(IpAddr, u8, Option<u16>),
    /// A domain and everything below it, or only what is below it.
    Domain {
        name: String,
        below_only: bool,
        port: Option<u16>,
    },
}

/// The variables, in the order in which they count; each in upper case before lower case.
const HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const NO: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl Proxies {
    /// Of these variables of the environment. An error says which cannot be used, and without what stood in it.
    pub fn of(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let first = |names: &[&'static str]| {
            let mut all = names.iter();
            all.find_map(|name| {
                let text = env(name).filter(|text| !text.trim().is_empty())?;
                Some((*name, text))
            })
        };
        let proxy = |names: [&'static str; 2]| {
            let found = first(&names).or_else(|| first(&ALL));
            found
                .map(|(name, text)| Proxy::parse(name, text.trim()))
                .transpose()
        };
        let without = first(&NO).map_or_else(Vec::new, |(_, text)| {
            let entries = text.split(',').map(str::trim);
            entries.filter_map(Without::parse).collect()
        });
        Ok(Self {
            http: proxy(HTTP)?,
            https: proxy(HTTPS)?,
            without,
        })
    }

    /// The proxy on the way to this base URL. Never one to the machine itself.
    pub fn of_target(&self, url: &str) -> Option<&Proxy> {
        let uri: http::Uri = url.parse().ok()?;
        let (proxy, usual) = match uri.scheme_str() {
            Some("https") => (&self.https, 443),
            _ => (&self.http, 80),
        };
        let proxy = proxy.as_ref()?;
        let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        let address = host.parse::<IpAddr>().ok();
        let own = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let port = uri.port_u16().unwrap_or(usual);
        let without = self.without.iter();
        let excepted = without.into_iter().any(|one| one.has(host, address, port));
        (!own && !excepted).then_some(proxy)
    }
}

impl Proxy {
    fn parse(from: &str, text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(format!(
                "{from}: only proxies that are spoken to in plain HTTP can be used; write it as http://host:port, or leave it out with NO_PROXY=*"
            ));
        }
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (who, authority) = match rest.rsplit_once('@') {
            Some((who, authority)) => (Some(who), authority),
            None => (None, rest),
        };
        let parsed = authority.parse::<http::uri::Authority>();
        let parsed = parsed.ok().filter(|found| !found.host().is_empty());
        let Some(parsed) =
            parsed.filter(|found| found.port_u16().is_some() || authority == found.host())
        else {
            return Err(format!(
                "{from}: no address of a proxy; write it as http://host:port"
            ));
        };
        let port = parsed.port_u16().unwrap_or(80);
        let authorization = who.map(|who| {
            let plain: Vec<u8> = percent_encoding::percent_decode_str(who).collect();
            // Without a password there is still a colon (RFC 7617, section 2).
            let colon = if who.contains(':') { "" } else { ":" };
            let plain = [plain.as_slice(), colon.as_bytes()].concat();
            format!("Basic {}", BASE64_STANDARD.encode(plain))
        });
        Ok(Self {
            from: from.to_owned(),
            authority: format!("{}:{port}", parsed.host()),
            authorization,
        })
    }
}

impl Without {
    /// An entry; one that means nothing has no effect.
    fn parse(entry: &str) -> Option<Self> {
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = entry.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let bits = bits.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            return (bits <= most).then_some(Self::Network(address, bits, None));
        }
        let whole = |address: IpAddr, port| {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            Self::Network(address, bits, port)
        };
        if let Ok(address) = entry.trim_matches(['[', ']']).parse() {
            return Some(whole(address, None));
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        if let Ok(address) = name.trim_matches(['[', ']']).parse() {
            return Some(whole(address, port));
        }
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix('*').unwrap_or(&name);
        let below = name.strip_prefix('.');
        Some(Self::Domain {
            below_only: below.is_some(),
            name: below.unwrap_or(name).trim_end_matches('.').to_owned(),
            port,
        })
    }

    fn has(&self, host: &str, address: Option<IpAddr>, at: u16) -> bool {
        match self {
            Self::All => true,
            Self::Network(network, bits, port) => {
                port.is_none_or(|port| port == at)
                    && address.is_some_and(|address| is_within(address, *network, *bits))
            }
            Self::Domain {
                name,
                below_only,
                port,
            } => {
                let below = host.strip_suffix(name.as_str());
                port.is_none_or(|port| port == at)
                    && below.is_some_and(|below| {
                        below.ends_with('.') || (below.is_empty() && !below_only)
                    })
            }
        }
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (one, other, all) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits().into(), other.to_bits().into(), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    let off = all - u32::from(bits);
    let kept = |value: u128| value.checked_shr(off).unwrap_or_default();
    kept(one) == kept(other)
}

impl Plan {
    /// Which of the target's nodes are reached through a proxy: a line for each.
    pub fn ways(&self) -> Vec<String> {
        let urls = self.target.iter().chain(&self.nodes);
        let proxied = urls.filter_map(|url| Some((url, self.access.proxies.of_target(url)?)));
        proxied
            .map(|(url, proxy)| format!("{url} is reached through the proxy {proxy}"))
            .collect()
    }

    /// Whether a certificate is taken unseen. A target that is spoken to plainly has none.
    pub fn is_insecure(&self) -> bool {
        self.contract.insecure && self.speaks_tls()
    }

    /// Whether anything goes over TLS: to a node, by a trigger's own URL, or to Redis.
    pub fn speaks_tls(&self) -> bool {
        let urls = self.target.iter().chain(&self.nodes).map(String::as_str);
        let triggers = &self.contract.triggers;
        let mut urls = urls.chain(triggers.iter().filter_map(Trigger::url));
        let redis = |trigger: &Trigger| matches!(&trigger.way, Way::Redis(way) if way.tls);
        urls.any(|url| url.starts_with("https:")) || triggers.iter().any(redis)
    }

    /// What `[target.tls]` says although nothing goes over TLS: one file serves a target that is spoken to plainly here and by TLS there. In
    /// words; `None`: nothing.
    pub fn unused_tls(&self) -> Option<String> {
        let tls = &self.contract.given.tls;
        let said = [
            ("target.tls.ca", tls.ca.is_some()),
            ("target.tls.cert", tls.cert.is_some()),
            ("target.tls.insecure", tls.insecure == Some(true)),
        ];
        let said = said.into_iter().filter(|(_, said)| *said);
        let keys: Vec<_> = said.map(|(key, _)| key).collect();
        if keys.is_empty() || self.speaks_tls() {
            return None;
        }
        let why = match self.target {
            None => "the embedded platform speaks plain HTTP",
            Some(_) => "no URL begins with https:// (nor Redis's with rediss://)",
        };
        Some(format!("{} not used: {why}", keys.join(", ")))
    }
}

impl Problems {
    /// Checks that what is said of TLS goes together.
    pub(super) fn tls(&mut self, plan: &Plan) {
        let tls = &plan.contract.given.tls;
        let both = tls.insecure == Some(true) && tls.ca.is_some();
        self.check(!both, "target.tls.ca", || {
            "with insecure any certificate will do, whoever has issued it; leave one of the two out"
                .to_owned()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(env: &[(&str, &str)]) -> Result<Proxies, String> {
        let env = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Proxies::of(&env)
    }

    fn shown(env: &[(&str, &str)], url: &str) -> Option<String> {
        proxies(env)
            .unwrap()
            .of_target(url)
            .map(ToString::to_string)
    }

    #[test]
    fn each_scheme_has_its_variable_and_either_may_be_in_lower_case() {
        let some = |text: &str| Some(text.to_owned());
        let env = [("HTTP_PROXY", "http://a:1"), ("https_proxy", "b")];
        assert_eq!(
            shown(&env, "http://t.example"),
            some("http://a:1 (HTTP_PROXY)")
        );
        assert_eq!(
            shown(&env, "https://t.example"),
            some("http://b:80 (https_proxy)")
        );
        let env = [("all_proxy", "c:3/"), ("HTTPS_PROXY", " ")];
        assert_eq!(
            shown(&env, "https://t.example"),
            some("http://c:3 (all_proxy)")
        );
        assert_eq!(shown(&[], "https://t.example"), None);
    }

    #[test]
    fn the_machine_itself_is_never_behind_a_proxy() {
        let env = [("ALL_PROXY", "p:1")];
        for url in [
            "http://localhost:3000",
            "https://LOCALHOST",
            "http://127.0.0.1:80",
            "http://127.9.9.9",
            "http://[::1]:5",
        ] {
            assert_eq!(shown(&env, url), None, "{url}");
        }
        assert!(shown(&env, "http://localhost.example").is_some());
    }

    #[test]
    fn exceptions_are_names_domains_networks_and_ports() {
        for (entry, excepted, not) in [
            ("example.com", "http://example.com", "http://notexample.com"),
            (
                "example.com",
                "http://a.EXAMPLE.com:81",
                "http://example.org",
            ),
            (".example.com", "http://a.example.com", "http://example.com"),
            (
                "*.example.com",
                "http://a.example.com",
                "http://example.com",
            ),
            (
                "x, example.com:8080",
                "http://example.com:8080",
                "http://example.com",
            ),
            ("10.0.0.0/8", "http://10.1.2.3", "http://11.1.2.3"),
            ("10.1.2.3:443", "https://10.1.2.3", "https://10.1.2.3:444"),
            ("fd00::/8", "http://[fd00::1]", "http://[fe80::1]"),
            ("0.0.0.0/0", "http://10.1.2.3", "http://a.example"),
        ] {
            let env = [("ALL_PROXY", "p:1"), ("NO_PROXY", entry)];
            assert_eq!(shown(&env, excepted), None, "{entry} {excepted}");
            assert!(shown(&env, not).is_some(), "{entry} {not}");
        }
        assert_eq!(
            shown(&[("ALL_PROXY", "p:1"), ("no_proxy", "*")], "http://a"),
            None
        );
    }

    #[test]
    fn credentials_are_sent_and_not_shown() {
        let found = proxies(&[("HTTP_PROXY", "http://us%40er:s%3Acret@p:8080")]).unwrap();
        let proxy = found.of_target("http://t.example").unwrap();
        let sent = format!("Basic {}", BASE64_STANDARD.encode("us@er:s:cret"));
        assert_eq!(proxy.authorization.as_deref(), Some(sent.as_str()));
        assert!(!format!("{proxy} {found:?}").contains("cret"));
        let alone = Proxy::parse("X", "u@p:1").unwrap().authorization.unwrap();
        assert_eq!(alone, format!("Basic {}", BASE64_STANDARD.encode("u:")));
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_a_word_of_what_it_was() {
        for text in [
            "socks5://secret@p:1",
            "https://secret@p:1",
            "http://secret@",
            "http://secret@p:x",
        ] {
            let error = proxies(&[("ALL_PROXY", text)]).unwrap_err();
            assert!(error.starts_with("ALL_PROXY: "), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
