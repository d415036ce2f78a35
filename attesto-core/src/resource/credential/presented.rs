//! A credential as presented, or as returned by an extractor. Neither prints its token in `Debug`.

use crate::challenge::AuthScheme;
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// The channel that carried the token.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Channel {
    /// The `Authorization` field. RFC 6750 §2.1, RFC 9449 §7.1.
    Header,
    /// The host's [`CredentialExtractor`](super::CredentialExtractor), for example a cookie.
    Extractor,
    /// The form body. RFC 6750 §2.2.
    FormBody,
}

/// The one credential of a request. The token is token68 and otherwise unchecked.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Presented<'r> {
    /// The scheme of the credential.
    pub scheme: AuthScheme,
    /// The access token, as received.
    pub token: Cow<'r, str>,
    /// The channel that carried it.
    pub channel: Channel,
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("scheme", &self.scheme)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// The result of an extractor. C9.
#[expect(clippy::exhaustive_enums, reason = "an extractor finds a token, finds none, or fails")]
#[derive(Clone, Eq, PartialEq)]
pub enum Extraction {
    /// No credential; the form body is tried next, if it may carry one.
    None,
    /// A credential. It must be token68, and its scheme an accepted one.
    Token {
        /// The scheme that the token counts as presented with. With `Dpop`, the request must carry a proof.
        scheme: AuthScheme,
        /// The access token.
        token: String,
    },
    /// The extractor failed. The request ends with 503; it is never treated as anonymous.
    Unavailable,
}

impl fmt::Debug for Extraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Token { scheme, .. } => f.debug_struct("Token").field("scheme", scheme).finish_non_exhaustive(),
            Self::Unavailable => f.write_str("Unavailable"),
        }
    }
}
