//! HTTP without a framework: the borrowed parts of a request, the owned parts of a response, and the origin under which
//! the client called (P11 to P14).
//!
//! ```
//! use attesto_core::http::{CanonicalOrigin, Connection, ForwardedHeader, OriginPolicy, RequestParts, TrustedProxies};
//!
//! // Behind one proxy on this machine, which writes RFC 7239 `Forwarded`.
//! let policy = OriginPolicy::behind(TrustedProxies::parse(["loopback"])?, ForwardedHeader::Forwarded);
//! let own = CanonicalOrigin::parse("https://api.example.com")?; // a server takes it from its identifier
//!
//! let headers: &[(&str, &[u8])] = &[("host", b"10.0.0.7:8080"), ("forwarded", b"for=192.0.2.1;proto=https")];
//! let peer = "127.0.0.1".parse()?;
//! let request = RequestParts::new("GET", "/orders", &headers).connection(Connection::new().peer(peer));
//!
//! let origin = policy.resolve(&request, &own)?;
//! assert!(policy.transport_is_https(&origin, &request).is_ok());
//! assert_eq!(origin.uri(request.path).to_string(), "https://api.example.com/orders");
//!
//! // The same header from any other peer is not even read.
//! let stranger = request.connection(Connection::new().peer("192.0.2.9".parse()?));
//! assert!(!policy.resolve(&stranger, &own)?.is_https());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address_policy;
mod amendment;
mod authority;
mod canonical;
mod effective_origin;
mod forwarded;
mod forwarded_element;
mod forwarded_header;
mod network;
mod origin;
mod origin_error;
mod outgoing;
mod proxy;
mod public_document;
mod request;
mod response;
mod scheme;
mod tls_session;
mod uri;
mod url;

pub use address_policy::AddressPolicy;
pub use amendment::{AmendMode, Amendment};
pub use canonical::CanonicalOrigin;
pub use effective_origin::EffectiveOrigin;
pub use forwarded_header::{ForwardedHeader, XForwarded};
pub use origin::OriginPolicy;
pub use origin_error::OriginError;
pub use outgoing::{HttpFailure, IncomingResponse, OutgoingRequest};
pub use proxy::TrustedProxies;
pub(crate) use public_document::public_document;
pub(crate) use request::WithoutCredentials;
pub use request::{Connection, HeaderLines, Lines, RequestParts};
pub(crate) use response::is_field_value;
pub use response::{Header, HeaderError, ResponseParts};
pub use scheme::Scheme;
pub use tls_session::{TlsSession, UnixSocket};
pub(crate) use uri::KeptUri;
pub use uri::ObservedUri;
#[cfg(feature = "std")]
pub(crate) use uri::has_legal_characters;
pub(crate) use url::{PlainHttp, WebUrl};
