//! What TLS connections have in common: whom to trust, and what errors mean.
//!
//! The roots are Mozilla's as the `webpki-roots` crate has them, so that a machine needs no certificates of its own; a target's own
//! authority is added by name. The cryptography is ring's. Sessions are never resumed: each socket stands for another user's device, which
//! would shake hands in full.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, UnbufferedClientConnection};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

use super::records::Records;

/// Whom to trust, and who to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trust<'a> {
    /// Certificates of authorities besides the usual ones, as PEM.
    pub ca: Option<&'a [u8]>,
    /// A certificate chain of this side's own and its private key, as PEM.
    pub identity: Option<(&'a [u8], &'a [u8])>,
    /// Any certificate will do.
    pub insecure: bool,
}

/// What is wrong with certificates that were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Of the authorities.
    #[error("{0}")]
    Authority(String),
    /// Of this side's own certificate.
    #[error("{0}")]
    Certificate(String),
    /// Of its key.
    #[error("{0}")]
    Key(String),
}

/// How TLS connections are made; clones are the same.
#[derive(Debug, Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// By these certificates.
    ///
    /// # Panics
    /// Never: ring has what both versions of TLS need.
    pub fn new(trust: Trust<'_>) -> Result<Self, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in certificates(trust.ca.unwrap_or_default(), trust.ca.is_some())
            .map_err(TrustError::Authority)?
        {
            roots.add(certificate).map_err(|error| {
                TrustError::Authority(format!("no usable certificate: {error}"))
            })?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring speaks both versions of TLS");
        let builder = if trust.insecure {
            let any = Arc::new(Anyone(provider));
            builder.dangerous().with_custom_certificate_verifier(any)
        } else {
            builder.with_root_certificates(roots)
        };
        let mut config = match trust.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = certificates(chain, true).map_err(TrustError::Certificate)?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|error| TrustError::Key(format!("no private key in PEM: {error}")))?;
                let config = builder.with_client_auth_cert(chain, key);
                config.map_err(|error| {
                    TrustError::Key(format!("does not go with the certificate: {error}"))
                })?
            }
        };
        config.resumption = Resumption::disabled();
        Ok(Self(config.into()))
    }

    /// A connection that is about to shake hands with the server of this name.
    pub(super) fn begin(&self, name: &ServerName<'static>) -> Result<Records, Error> {
        UnbufferedClientConnection::new(Arc::clone(&self.0), name.clone()).map(Records::new)
    }
}

/// The certificates in a PEM file; none in it is an error where there have to be some.
fn certificates(pem: &[u8], needed: bool) -> Result<Vec<CertificateDer<'static>>, String> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match all {
        Ok(all) if all.is_empty() && needed => Err(
            "no certificate in it; it has to be PEM, with -----BEGIN CERTIFICATE----- in it"
                .to_owned(),
        ),
        Ok(all) => Ok(all),
        Err(error) => Err(format!("not PEM: {error}")),
    }
}

/// Takes any certificate, from whoever has its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What went wrong, and what to do about it.
pub(super) fn in_words(error: &Error, host: &str) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_in_words(error, host),
        // The first byte is no record's: of plain HTTP, mostly.
        Error::InvalidMessage(_) => {
            "what came is no TLS: does it speak plain HTTP at this port? Then write http:// in place of https://"
                .to_owned()
        }
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => format!(
            "the target wants a certificate of this side's, or another one ({error}); name it as target.tls.cert, and its key as target.tls.key"
        ),
        error => error.to_string(),
    }
}

fn certificate_in_words(error: &CertificateError, host: &str) -> String {
    const MEND: &str = "turn the check off with --insecure (target.tls.insecure)";
    match error {
        CertificateError::UnknownIssuer => format!(
            "its certificate was issued by nobody who is trusted here; name the issuer's certificate with --ca FILE (target.tls.ca), or {MEND}"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!(
                "its certificate has expired{}; renew it, or {MEND}",
                when(error)
            )
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
            "its certificate is not valid yet{}; look at the clocks of both machines, or {MEND}",
            when(error)
        ),
        CertificateError::NotValidForName => format!(
            "its certificate is for another host than {host}; use the name that it is for, or {MEND}"
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<_> = presented.iter().map(|name| plain_name(name)).collect();
            let names = match names.as_slice() {
                [] => "no host at all".to_owned(),
                names => names.join(", "),
            };
            format!(
                "its certificate is for {names}, and not for {host}; use a name that it is for, or {MEND}"
            )
        }
        error => format!(
            "its certificate is not taken: {}",
            Error::from(error.clone())
        ),
    }
}

/// How long ago, or in how long: a date would need a calendar.
fn when(error: &CertificateError) -> String {
    let days = |from: &UnixTime, to: &UnixTime| {
        let seconds = to.as_secs().saturating_sub(from.as_secs());
        match seconds / 86_400 {
            0 => format!("{seconds} s"),
            1 => "1 day".to_owned(),
            n => format!("{n} days"),
        }
    };
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            format!(" {} ago", days(not_after, time))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            format!(", but in {}", days(time, not_before))
        }
        _ => String::new(),
    }
}

/// rustls writes `DnsName("a.example")` and `IpAddress(…)`.
fn plain_name(name: &str) -> String {
    let quoted = name
        .split_once('"')
        .and_then(|(_, rest)| rest.split_once('"'));
    quoted.map_or_else(|| name.to_owned(), |(name, _)| name.to_owned())
}
