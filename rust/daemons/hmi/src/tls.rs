//! The certificate that browsers see: the OEM's, if its two files are there, else a self-signed one of our own.

use std::{fs, io, path::Path, path::PathBuf, sync::Arc};

use nix::{ifaddrs::getifaddrs, sys::socket::SockaddrIn6};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use tokio_rustls::rustls::{
    self, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::users::write_private;

const CERTIFICATE: &str = "tls-certificate.pem";
const KEY: &str = "tls-key.pem";

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A new certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] crate::users::Error),
    /// A file cannot be read.
    #[error("{path}: {reason}")]
    Read {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not fit.
    #[error("the certificate cannot be used: {0}")]
    Config(#[from] rustls::Error),
}

/// The server's TLS: 1.3 or 1.2, with the certificate in `dir`, made now if there is none.
pub fn config(dir: &Path) -> Result<Arc<ServerConfig>, Error> {
    let (certificate, key) = (dir.join(CERTIFICATE), dir.join(KEY));
    if !certificate.exists() || !key.exists() {
        make(&certificate, &key)?;
    }
    let read = |path: &Path, error: rustls::pki_types::pem::Error| Error::Read {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| read(&certificate, error))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|error| read(&key, error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Dates are rcgen's, far in the past and in the future: at the first start the clock may not be set yet.
fn make(certificate: &Path, key: &Path) -> Result<(), Error> {
    let host = hostname();
    let mut names = vec!["localhost".to_owned(), host.clone()];
    names.extend(addresses());
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Joulepoint {host}"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let pair = KeyPair::generate()?;
    let signed = params.self_signed(&pair)?;
    write_private(key, pair.serialize_pem().as_bytes())?;
    write_private(certificate, signed.pem().as_bytes())?;
    tracing::info!(certificate = %certificate.display(), "made a self-signed certificate");
    Ok(())
}

/// The host's name if it can stand in a certificate.
fn hostname() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_: io::Error| String::new());
    let name: String = name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    if name.is_empty() { "joulepoint".to_owned() } else { name }
}

fn addresses() -> Vec<String> {
    let Ok(interfaces) = getifaddrs() else { return Vec::new() };
    interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|a| a.ip().to_string());
            let v6 = address.as_sockaddr_in6().map(SockaddrIn6::ip).filter(|ip| !ip.is_unicast_link_local());
            v4.or_else(|| v6.map(|ip| ip.to_string()))
        })
        .take(32)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_private() {
        let dir = tempfile::tempdir().unwrap();
        config(dir.path()).unwrap();
        let first = fs::read(dir.path().join(CERTIFICATE)).unwrap();
        let mode = fs::metadata(dir.path().join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        config(dir.path()).unwrap();
        assert_eq!(first, fs::read(dir.path().join(CERTIFICATE)).unwrap());
    }

    #[test]
    fn a_damaged_certificate_is_named() {
        let dir = tempfile::tempdir().unwrap();
        config(dir.path()).unwrap();
        fs::write(dir.path().join(KEY), "nonsense").unwrap();
        let error = config(dir.path()).unwrap_err().to_string();
        assert!(error.contains(KEY), "{error}");
    }
}
