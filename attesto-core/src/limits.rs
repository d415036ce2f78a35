//! Every bound on hostile input, in one place, each with its reason. Bytes unless stated.
//!
//! ```
//! use attesto_core::limits;
//!
//! assert!(limits::DPOP_PROOF < limits::ACCESS_TOKEN);
//! ```

/// An access token as presented (J1). Servers refuse longer header fields anyway; a token with a hundred
/// scopes stays under 4 KiB.
pub const ACCESS_TOKEN: usize = 16 * 1024;
/// How far a configuration may raise [`ACCESS_TOKEN`].
pub const ACCESS_TOKEN_CEILING: usize = 1024 * 1024;
/// A DPoP proof as presented (J1). An RSA-8192 proof fits.
pub const DPOP_PROOF: usize = 8 * 1024;
/// How far a configuration may raise [`DPOP_PROOF`].
pub const DPOP_PROOF_CEILING: usize = 256 * 1024;
/// A client assertion as presented (CA-4).
pub const CLIENT_ASSERTION: usize = 16 * 1024;
/// A client's identifier, as presented. Longer than any URL used as one.
pub const CLIENT_ID: usize = 2048;
/// An encoded protected header (J1).
pub const PROTECTED_HEADER: usize = 4 * 1024;
/// How far a configuration may raise [`PROTECTED_HEADER`].
pub const PROTECTED_HEADER_CEILING: usize = 256 * 1024;
/// Any single header value the core reads, before it is decoded; the token's own limit applies on top.
pub const HEADER_VALUE: usize = 16 * 1024;
/// Parameters of one challenge (RFC 9110 §11.6.1): no scheme defines a third of that number.
pub const CHALLENGE_PARAMETERS: usize = 32;
/// Nesting of JSON, counting the outermost object as one (J4).
pub const JSON_DEPTH: usize = 32;
/// The longest signature of any supported algorithm: RSA with 8192 bits (J11).
pub const SIGNATURE: usize = 1024;
/// RSA modulus, bits (J11): below is breakable, above costs seconds to verify.
pub const RSA_MODULUS_BITS_MIN: usize = 2048;
/// RSA modulus, bits (J11).
pub const RSA_MODULUS_BITS_MAX: usize = 8192;
/// `jti` of a token or proof (A9, D12), in bytes and not in characters.
pub const JTI: usize = 256;
/// A client certificate in DER (M1).
pub const CERTIFICATE_DER: usize = 64 * 1024;
/// Usable keys in one JWK Set (J22). The set's length bounds the number of other keys.
pub const JWK_SET_KEYS: usize = 32;
/// A JWK Set document.
pub const JWK_SET: usize = 512 * 1024;
/// An issuer's metadata document (J22, CDS-8).
pub const ISSUER_METADATA: usize = 512 * 1024;
/// An introspection response, signed ones included (RFC 7662, RFC 9701).
pub const INTROSPECTION_RESPONSE: usize = 64 * 1024;
/// The bytes read of an endpoint's error response, whose body may be more specific than its status (RFC 7662 §2.3, RFC
/// 6749 §5.2).
pub const ERROR_RESPONSE: usize = 4 * 1024;
/// A cached introspection response. A longer one is requested each time.
pub const REMEMBERED_INTROSPECTION: usize = 8 * 1024;
/// Verified tokens that a [`Guard`](crate::host::Guard) remembers by default: at most a megabyte, plus the parsed DPoP
/// keys.
pub const REMEMBERED_TOKENS: usize = 10_000;
/// Requests that wait for one fetch of keys, or for one introspection; further ones are answered 503 at once (CRS-3).
pub const KEY_WAITERS: usize = 1024;
/// Seconds that one request may wait for its host's answers, from the first to the latest clock reading. After that the
/// response is 503, whatever the answers are. A fetch of keys takes at most half of it (CRS-3).
pub const WAIT: u64 = 30;
/// Leaders of a shared introspection that may disappear, one after the other, before a follower makes its own request.
pub const LEADERS_GONE: usize = 3;
/// A form body in which a token may be presented (C8).
pub const FORM_BODY: usize = 64 * 1024;
/// Bytes of a request's body that an adapter still reads after it has responded, so that the response reaches a client
/// that is still sending (RFC 9112 §9.6). A proxy has some hundred KiB in flight before it sees the response.
pub const UNREAD_BODY: usize = 1024 * 1024;
/// Seconds for which an adapter still reads such a body.
pub const UNREAD_BODY_SECONDS: u64 = 5;
/// Connections of a process on which this happens at once. A further one ends the oldest.
pub const UNREAD_BODIES: usize = 256;
/// One parameter of an authorization request.
pub const PARAMETER: usize = 8 * 1024;
/// `redirect_uri` (AZ-8).
pub const REDIRECT_URI: usize = 2048;
/// `state`, which is echoed (AZ-16).
pub const STATE: usize = 2048;
/// `nonce` of an authorization request, which ID tokens repeat (AZ-16).
pub const OIDC_NONCE: usize = 512;
/// An observed URI or `htu` claim.
pub const URI: usize = 8 * 1024;
/// A host name. RFC 3986 §3.2.2 requires one that fits the DNS.
pub const HOST: usize = 255;
/// A nonce as presented.
pub const NONCE: usize = 256;
/// Elements read of one `Forwarded` or `X-Forwarded-*` list.
pub const FORWARDED_ELEMENTS: usize = 32;
/// Bytes of a client-chosen value (jti, path, kid) kept in an event, after escaping.
pub const EVENT_TEXT: usize = 256;
/// Scopes that one `scope` parameter of the authorization server may name.
pub const SCOPES: usize = 256;
/// The encoded form of a stored pushed authorization request (RFC 9126).
pub const PUSHED_REQUEST: usize = 16 * 1024;
/// Seconds that the clock of another node, which stamped what is shown here, may be ahead of this one's.
#[cfg(feature = "std")]
pub(crate) const CLOCK_SKEW: u64 = 60;
