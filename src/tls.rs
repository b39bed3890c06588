//! TLS in the binary: certificate and key from files, read again when they change.

use std::fmt::Display;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{ConfigError, wrong};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);

/// Where certificate and key are, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// `TLS_CERT`: the certificate, then those that vouch for it.
    pub cert: PathBuf,
    /// `TLS_KEY`: its private key.
    pub key: PathBuf,
}

/// Shakes hands with the newest certificate that could be read.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    read: Versions,
    acceptor: Arc<RwLock<TlsAcceptor>>,
}

/// What shows that files changed; two of them, since a renewal may replace one by one.
type Versions = [Option<(u64, u64, i64, i64)>; 2];

impl Tls {
    /// Reads the files; the error names the variable at fault.
    pub fn load(files: &TlsFiles) -> Result<Self, ConfigError> {
        // Looked at first: what changes while it is read is read again.
        let read = files.versions();
        let acceptor = Arc::new(RwLock::new(files.read()?));
        Ok(Self { files: files.clone(), read, acceptor })
    }

    /// Shakes hands.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = self.acceptor.read().clone();
        acceptor.accept(stream).await
    }

    /// Looks at the files for ever. What cannot be used leaves the last certificate in use.
    pub(crate) async fn reload_on_change(mut self) {
        let mut clock = tokio::time::interval(LOOK);
        loop {
            clock.tick().await;
            let found = self.files.versions();
            if found == self.read {
                continue;
            }
            match self.files.read() {
                Ok(acceptor) => {
                    *self.acceptor.write() = acceptor;
                    tracing::info!("the TLS certificate was read again");
                }
                Err(error) => tracing::error!(%error, "the TLS certificate is not replaced; the old one stays in use"),
            }
            self.read = found;
        }
    }
}

impl TlsFiles {
    fn versions(&self) -> Versions {
        [&self.cert, &self.key].map(|path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
        })
    }

    fn read(&self) -> Result<TlsAcceptor, ConfigError> {
        let certs = CertificateDer::pem_file_iter(&self.cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certs = certs.map_err(|error| self.wrong_cert(&error))?;
        if certs.is_empty() {
            return Err(self.wrong_cert(&"there is no certificate in it"));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| self.wrong_key(&error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| self.wrong_cert(&error))?.with_no_client_auth();
        let mut config = config.with_single_cert(certs, key).map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => self.wrong_cert(&error),
            _ => self.wrong_key(&error),
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn wrong_cert(&self, error: &dyn Display) -> ConfigError {
        let path = self.cert.display();
        wrong("TLS_CERT", format!("cannot use {path}: {error}; write the path of a certificate chain in PEM"))
    }

    fn wrong_key(&self, error: &dyn Display) -> ConfigError {
        let path = self.key.display();
        wrong("TLS_KEY", format!("cannot use {path}: {error}; write the path of the certificate's own key in PEM"))
    }
}
