//! Every bound on hostile input, in one place, each with its reason. Bytes unless stated.
//!
//! ```
//! use attesto_core::limits;
//!
//! assert!(limits::DPOP_PROOF < limits::ACCESS_TOKEN);
//! ```

/// An access token as presented (catalogue J1). Servers refuse longer header fields anyway; a token with a hundred
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
/// A client's identifier, as presented: longer than any URL that is one.
pub const CLIENT_ID: usize = 2048;
/// An encoded protected header (J1).
pub const PROTECTED_HEADER: usize = 4 * 1024;
/// How far a configuration may raise [`PROTECTED_HEADER`].
pub const PROTECTED_HEADER_CEILING: usize = 256 * 1024;
/// Any single header value the core reads, before it is decoded; the token's own limit applies on top.
pub const HEADER_VALUE: usize = 16 * 1024;
/// Parameters read of one challenge (RFC 9110 §11.6.1): no scheme defines a third of it.
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
/// Keys in one JWK Set (J22).
pub const JWK_SET_KEYS: usize = 32;
/// A JWK Set document.
pub const JWK_SET: usize = 512 * 1024;
/// An issuer's metadata document (J22, CDS-8).
pub const ISSUER_METADATA: usize = 512 * 1024;
/// An introspection response, signed ones included (RFC 7662, RFC 9701).
pub const INTROSPECTION_RESPONSE: usize = 64 * 1024;
/// What is read of an endpoint's error response, where its body may say more than its status does (RFC 7662 §2.3, RFC 6749 §5.2).
pub const ERROR_RESPONSE: usize = 4 * 1024;
/// An introspection response that is remembered; a longer one is asked for each time.
pub const REMEMBERED_INTROSPECTION: usize = 8 * 1024;
/// Verified tokens that a [`Guard`](crate::host::Guard) remembers unless told otherwise: a megabyte at most, and the parsed DPoP keys.
pub const REMEMBERED_TOKENS: usize = 10_000;
/// Requests that wait for one fetch of keys, or for one introspection; the next one is answered 503 at once (CRS-3).
pub const KEY_WAITERS: usize = 1024;
/// Seconds that one request may wait for its host's answers, from the first reading of the clock to the latest; after that it is answered
/// 503, whatever the answers say. A fetch of keys takes half of it at most (CRS-3).
pub const WAIT: u64 = 30;
/// Leaders of a shared introspection that may go away, one after the other, before a request that follows asks for itself.
pub const LEADERS_GONE: usize = 3;
/// A form body in which a token may be presented (C8).
pub const FORM_BODY: usize = 64 * 1024;
/// One parameter of an authorization request.
pub const PARAMETER: usize = 8 * 1024;
/// `redirect_uri` (AZ-8).
pub const REDIRECT_URI: usize = 2048;
/// `state`, which is echoed (AZ-16).
pub const STATE: usize = 2048;
/// `nonce` of an authorization request, which goes into ID tokens (AZ-16).
pub const OIDC_NONCE: usize = 512;
/// An observed URI or `htu` claim.
pub const URI: usize = 8 * 1024;
/// A host name, which RFC 3986 §3.2.2 wants to be one that DNS can hold.
pub const HOST: usize = 255;
/// A nonce as presented.
pub const NONCE: usize = 256;
/// Elements read of one `Forwarded` or `X-Forwarded-*` list.
pub const FORWARDED_ELEMENTS: usize = 32;
/// Bytes of a client-chosen value (jti, path, kid) kept in an event, after escaping.
pub const EVENT_TEXT: usize = 256;
/// Scopes that one `scope` parameter of the authorization server may name.
pub const SCOPES: usize = 256;
/// What is kept of a pushed authorization request, encoded (RFC 9126).
pub const PUSHED_REQUEST: usize = 16 * 1024;
