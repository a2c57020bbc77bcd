//! What health is read from: the daemons' sockets, and the HMI's page.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use api::{
    ocpp::{ConnectionStatus, OcppState},
    session::Sessions,
    state::ControllerState,
};
use http_body_util::Empty;
use hyper::{Request, body::Bytes, header};
use shell::client::{Client, Error};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, ring::default_provider, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use update::{Health, Occupancy, Part};

use super::http;

/// Each part answers within this time, also on a machine that is busy starting.
const PATIENCE: Duration = Duration::from_secs(8);

/// Where health is read.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    pub(super) run_dir: PathBuf,
    pub(super) hmi: SocketAddr,
}

impl Probes {
    fn client(&self, daemon: &str) -> Client {
        Client::new(self.run_dir.join(format!("{daemon}.sock")))
    }

    /// How the cabinet does now.
    pub(super) async fn health(&self) -> Health {
        let (controller, ocpp) = (self.client("controller"), self.client("ocpp"));
        let (state, store, csms, page) = tokio::join!(
            controller.get_within::<ControllerState>("/v1/state", PATIENCE),
            controller.get_within::<Sessions>("/v1/sessions?limit=1", PATIENCE),
            ocpp.get_within::<OcppState>("/v1/state", PATIENCE),
            self.page(),
        );
        let mut health = Health::default()
            .needing("controller", Part::of(&state))
            .needing("store", Part::of(&store))
            .needing("ocpp", Part::of(&csms))
            .needing("hmi", Part::of(&page));
        if let Ok(csms) = &csms {
            let connected = csms.connection.status == ConnectionStatus::Connected;
            health = health.telling("csms", Part::good_if(connected, "it is not connected"));
        }
        match &state {
            Ok(state) => health.with_hardware(state),
            Err(_) => health,
        }
    }

    /// Whether cars charge.
    pub(super) async fn cars(&self) -> Occupancy {
        let state: Result<ControllerState, Error> = self.client("controller").get("/v1/state").await;
        state.map_or_else(|error| Occupancy::Unknown(error.to_string()), |state| Occupancy::of(&state))
    }

    /// The HMI's first page, over TLS.
    async fn page(&self) -> Result<(), http::NoAnswer> {
        let ask = async {
            let wire = TcpStream::connect(self.hmi).await;
            let wire = wire.map_err(|error| http::NoAnswer(format!("{} cannot be reached: {error}", self.hmi)))?;
            let name = ServerName::IpAddress(self.hmi.ip().into());
            let wire = TlsConnector::from(own()?).connect(name, wire).await;
            let wire = wire.map_err(|error| http::NoAnswer(format!("no TLS with {}: {error}", self.hmi)))?;
            let request = Request::get("/").header(header::HOST, self.hmi.to_string()).body(Empty::<Bytes>::new());
            let answer = http::send(wire, request.map_err(|error| http::NoAnswer(error.to_string()))?).await?;
            let status = answer.status();
            if status.is_success() { Ok(()) } else { Err(http::NoAnswer(format!("its page is not served: {status}"))) }
        };
        timeout(PATIENCE, ask)
            .await
            .map_err(|_| http::NoAnswer(format!("no answer within {} s", PATIENCE.as_secs())))?
    }
}

/// TLS with our own HMI on this machine, whose certificate is its own or its owner's: nobody else can listen there.
fn own() -> Result<Arc<ClientConfig>, http::NoAnswer> {
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| http::NoAnswer(error.to_string()))?;
    Ok(Arc::new(config.dangerous().with_custom_certificate_verifier(Arc::new(Ours(provider))).with_no_client_auth()))
}

#[derive(Debug)]
struct Ours(Arc<CryptoProvider>);

type Tls<T> = Result<T, tokio_rustls::rustls::Error>;

impl ServerCertVerifier for Ours {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Tls<ServerCertVerified> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Tls<HandshakeSignatureValid> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Tls<HandshakeSignatureValid> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
