//! What stands between a run and its target in some tests: a TLS server that passes on in plain, and a proxy; and the certificates for it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring, version};

/// An authority that issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pub(crate) pem: String,
}

/// A certificate with its key.
pub(crate) struct Issued {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for these hosts, valid until a year.
    pub(crate) fn issue(&self, hosts: &[&str], until: i32) -> Issued {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names of hosts");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.expect("a certificate");
        Issued {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        }
    }
}

/// A TLS server that passes on to another address in plain.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a front speaks TLS.
#[derive(Clone, Copy, Default)]
pub(crate) struct Speaks<'a> {
    /// TLS 1.2 in place of 1.3.
    pub(crate) old: bool,
    /// Clients need a certificate that this authority has issued.
    pub(crate) asks: Option<&'a Authority>,
}

impl Front {
    pub(crate) async fn start(to: &str, shows: Issued, speaks: Speaks<'_>) -> Self {
        let versions: &[_] = if speaks.old {
            &[&version::TLS12]
        } else {
            &[&version::TLS13]
        };
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("ring speaks it");
        let config = match speaks.asks {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                let added = roots.add(authority.certificate.clone());
                added.expect("an authority");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
                config.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let config = config.with_single_cert(vec![shows.certificate], shows.key);
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a certificate and its key")));
        let (listener, address) = listen().await;
        let to = to.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, to) = (acceptor.clone(), to.clone());
                tokio::spawn(async move {
                    let mut tls = acceptor.accept(tcp).await.ok()?;
                    let mut plain = TcpStream::connect(to).await.ok()?;
                    plain.set_nodelay(true).ok()?;
                    tokio::io::copy_bidirectional(&mut tls, &mut plain)
                        .await
                        .ok()
                });
            }
        });
        Self { address, task }
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

/// A proxy that knows some hosts, by their names with ports, and nobody else does.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// What it was asked for: the first line and `Proxy-Authorization`, and how often.
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub(crate) async fn start(hosts: &[(&str, String)]) -> Self {
        let hosts: BTreeMap<_, _> = hosts
            .iter()
            .map(|(host, to)| ((*host).to_owned(), to.clone()))
            .collect();
        let asked = Arc::<Mutex<BTreeMap<String, u32>>>::default();
        let (listener, address) = listen().await;
        let (hosts, told) = (Arc::new(hosts), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(pass_on(tcp, Arc::clone(&hosts), Arc::clone(&told)));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    pub(crate) fn asked(&self) -> BTreeMap<String, u32> {
        self.asked.lock().expect("nobody panics").clone()
    }
}

async fn pass_on(
    tcp: TcpStream,
    hosts: Arc<BTreeMap<String, String>>,
    told: Arc<Mutex<BTreeMap<String, u32>>>,
) -> Option<()> {
    tcp.set_nodelay(true).ok()?;
    let mut tcp = BufReader::new(tcp);
    let (mut first, mut who) = (String::new(), String::new());
    tcp.read_line(&mut first).await.ok()?;
    loop {
        let mut line = String::new();
        tcp.read_line(&mut line).await.ok()?;
        match line.trim() {
            "" => break,
            line => who.extend(line.strip_prefix("Proxy-Authorization: ")),
        }
    }
    let first = first.trim();
    let key = format!("{first} [{who}]");
    *told.lock().expect("nobody panics").entry(key).or_default() += 1;
    let host = first.strip_prefix("CONNECT ")?.split(' ').next()?;
    let Some(to) = hosts.get(host) else {
        let refused = b"HTTP/1.1 502 No such host\r\nContent-Length: 0\r\n\r\n";
        return tcp.write_all(refused).await.ok();
    };
    let mut to = TcpStream::connect(to).await.ok()?;
    to.set_nodelay(true).ok()?;
    tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .ok()?;
    tokio::io::copy_bidirectional(&mut tcp, &mut to)
        .await
        .ok()?;
    Some(())
}
