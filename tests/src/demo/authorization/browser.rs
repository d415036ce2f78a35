//! What the pages know a browser by: a cookie, and what is derived from it.

use super::random;
use attesto_core::crypto::CryptoProvider;
use attesto_core::encoding::base64url;
use std::error::Error;
use subtle::ConstantTimeEq;

/// The session's cookie. Over https it would be called `__Host-attesto` and be `Secure`: neither is to be had on plain http.
pub(super) const SESSION: &str = "attesto_session";
/// What the next page has to say.
pub(super) const NOTICE: &str = "attesto_notice";
/// Seconds that a session lives.
pub(super) const SESSION_LIFETIME: u64 = 3600;

/// A session's identifier: 256 bits, as text. Before the login it stands for nothing but this browser.
#[derive(Clone)]
pub(super) struct SessionId(String);

impl SessionId {
    pub(super) fn draw() -> Result<Self, Box<dyn Error>> {
        random().map(Self)
    }

    /// As a cookie has it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        base64url::decode_array::<32>(text.as_bytes()).ok().map(|_| Self(text.into()))
    }

    /// What the server keeps it by.
    pub(super) fn digest(&self, provider: &dyn CryptoProvider) -> [u8; 32] {
        provider.sha256(&[self.0.as_bytes()])
    }

    /// `SameSite=Lax`, because a client's link to the authorization endpoint comes from another site.
    pub(super) fn cookie(&self) -> String {
        format!("{SESSION}={}; Path=/; Max-Age={SESSION_LIFETIME}; HttpOnly; SameSite=Lax", self.0)
    }
}

/// What ties a form to the browser that it was shown to: nobody makes one without the key, nor one for another's cookie.
pub(super) struct CsrfKey([u8; 32]);

impl CsrfKey {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(super) fn token(&self, provider: &dyn CryptoProvider, session: &SessionId) -> String {
        base64url::encode(&provider.hmac_sha256(&self.0, &[b"csrf:", session.0.as_bytes()]))
    }

    /// In constant time.
    pub(super) fn is_token(&self, provider: &dyn CryptoProvider, session: &SessionId, presented: &str) -> bool {
        self.token(provider, session).as_bytes().ct_eq(presented.as_bytes()).into()
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
        format!("{NOTICE}={}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax", self.name())
    }

    pub(super) fn forget() -> String {
        format!("{NOTICE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }
}
