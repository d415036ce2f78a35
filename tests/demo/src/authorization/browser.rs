//! What the pages know a browser by: two cookies, and what is derived from them.

use super::random;
use attesto_core::crypto::CryptoProvider;
use attesto_core::encoding::base64url;
use std::error::Error;
use subtle::ConstantTimeEq;

/// Where the cookies go: to the endpoints, and to the pages, which are under the same path for that reason. Cookies ignore ports, so
/// with `Path=/` every session would also be sent to what else listens on this address, and native clients do so at their redirect
/// URIs, `/callback` say. It keeps the session from those that do nothing but listen; a program that wants it can lead the browser to
/// this path at its own port. So in production the server has a host to itself, and https: there the cookies are called `__Host-..`,
/// and are `Secure`, with `Path=/`.
const PATH: &str = "/oauth";
/// What the next page has to say.
pub(super) const NOTICE: &str = "attesto_notice";
/// Seconds that a session lives, and that a browser is known as a visitor.
pub(super) const SESSION_LIFETIME: u64 = 3600;

/// What an identifier stands for. Each has a cookie of its own: a login page that is shown to a browser whose cookies did not come with
/// the request (a form of another site: `SameSite`) sets the visitor's, and so ends no session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// Nothing but a browser that was shown a login page.
    Visitor,
    /// A login. Nothing else sets its cookie.
    Session,
}

impl Known {
    pub(super) const fn cookie(self) -> &'static str {
        match self {
            Self::Visitor => "attesto_visitor",
            Self::Session => "attesto_session",
        }
    }
}

/// An identifier: 256 bits, as text.
#[derive(Clone)]
pub(super) struct BrowserId {
    known: Known,
    text: String,
}

impl BrowserId {
    pub(super) fn draw(known: Known) -> Result<Self, Box<dyn Error>> {
        Ok(Self { known, text: random(&mut crate::issuer::entropy)? })
    }

    /// As its cookie has it.
    pub(super) fn parse(known: Known, text: &str) -> Option<Self> {
        base64url::decode_array::<32>(text.as_bytes()).ok().map(|_| Self { known, text: text.into() })
    }

    /// What the server keeps it by.
    pub(super) fn digest(&self, provider: &dyn CryptoProvider) -> [u8; 32] {
        provider.sha256(&[self.text.as_bytes()])
    }

    /// `SameSite=Lax`, because a client's link to the authorization endpoint comes from another site.
    pub(super) fn cookie(&self) -> String {
        let (name, value) = (self.known.cookie(), &self.text);
        format!("{name}={value}; Path={PATH}; Max-Age={SESSION_LIFETIME}; HttpOnly; SameSite=Lax")
    }
}

/// The key of CSRF tokens, which bind a form to the browser that it was shown to.
pub(super) struct CsrfKey([u8; 32]);

impl CsrfKey {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(super) fn token(&self, provider: &dyn CryptoProvider, browser: &BrowserId) -> String {
        let parts = [b"csrf:", browser.known.cookie().as_bytes(), b":", browser.text.as_bytes()];
        base64url::encode(&provider.hmac_sha256(&self.0, &parts))
    }

    /// In constant time.
    pub(super) fn is_token(&self, provider: &dyn CryptoProvider, browser: &BrowserId, presented: &str) -> bool {
        self.token(provider, browser).as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// What the page after a redirect has to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Notice {
    /// The name or the password was wrong.
    Wrong,
    /// Too many attempts.
    Wait,
}

impl Notice {
    const ALL: [Self; 2] = [Self::Wrong, Self::Wait];

    const fn name(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Wait => "wait",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == text)
    }

    /// For the next page only, which forgets it.
    pub(super) fn cookie(self) -> String {
        format!("{NOTICE}={}; Path={PATH}; Max-Age=60; HttpOnly; SameSite=Lax", self.name())
    }

    pub(super) fn forget() -> String {
        format!("{NOTICE}=; Path={PATH}; Max-Age=0; HttpOnly; SameSite=Lax")
    }
}
