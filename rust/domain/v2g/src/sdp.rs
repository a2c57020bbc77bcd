//! SDP: the car asks a multicast group where the charger's TCP port is.

use std::net::Ipv6Addr;

use iso15118::sdp as wire;

/// Where everybody on a link listens.
pub const GROUP: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The longest datagram of this protocol.
pub const MAX_LEN: usize = 64;

/// A datagram that is none of this protocol's, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an SDP message: {0}")]
pub struct Malformed(wire::SdpError);

/// Whether a session is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// By TLS.
    Tls,
    /// Not at all.
    None,
}

/// The charger's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its link-local address. The scope is the interface that the answer came by.
    pub address: Ipv6Addr,
    /// Its TCP port.
    pub port: u16,
    /// What is spoken there.
    pub security: Security,
}

/// Reads a car's request and writes the answer of a charger that has no TLS (yet): plain TCP, whatever was asked for.
///
/// A car that insists on TLS then decides by itself whether to go on.
pub fn answer(request: &[u8], address: Ipv6Addr, port: u16) -> Result<Vec<u8>, Malformed> {
    let request = wire::Request::from_frame(request).map_err(Malformed)?;
    if request.transport == wire::TransportProtocol::Udp {
        return Err(Malformed(wire::SdpError::UnknownTransport(request.transport.as_u8())));
    }
    let response = wire::Response::answering(request, address.octets(), port, wire::TlsPolicy::Unsupported);
    let mut out = vec![0; MAX_LEN];
    let len = response.write_frame(&mut out, false).map_err(Malformed)?;
    out.truncate(len);
    Ok(out)
}

/// A car's request, to be sent to [`GROUP`] at [`crate::SDP_PORT`], every 250 ms until answered, 50 times at most.
pub fn request(security: Security) -> Vec<u8> {
    let request = match security {
        Security::Tls => wire::Request::TLS,
        Security::None => wire::Request::PLAIN,
    };
    let mut out = vec![0; MAX_LEN];
    // Cannot fail: the buffer is larger than a request.
    let len = request.write_frame(&mut out, false).unwrap_or(0);
    out.truncate(len);
    out
}

/// Reads a charger's answer.
pub fn response(datagram: &[u8]) -> Result<Response, Malformed> {
    let response = wire::Response::from_frame(datagram).map_err(Malformed)?;
    Ok(Response {
        address: Ipv6Addr::from(response.address),
        port: response.port,
        security: match response.security {
            wire::Security::Tls => Security::Tls,
            wire::Security::None => Security::None,
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHARGER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

    #[test]
    fn a_car_learns_the_port() {
        for asked in [Security::None, Security::Tls] {
            let answer = answer(&request(asked), CHARGER, 50_000).unwrap();
            let expected = Response { address: CHARGER, port: 50_000, security: Security::None };
            assert_eq!(response(&answer), Ok(expected));
        }
    }

    proptest! {
        #[test]
        fn any_datagram_is_answered_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = answer(&bytes, CHARGER, 50_000);
            let _ = response(&bytes);
        }
    }
}
