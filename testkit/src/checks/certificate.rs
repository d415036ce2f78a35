//! Certificate-bound tokens (RFC 8705 §3; B7 to B9, M4).

use super::checks;
use crate::finding::Finding;
use crate::fixes;
use crate::probe::{Probe, Refusal};
use crate::{App, CertificateFixture};

checks! {
    /// Checks that a certificate-bound token is refused without its certificate, with another one, and with one that an
    /// untrusted client names in a header field. If the route accepts such tokens
    /// ([`Route::takes_certificates`](crate::Route::takes_certificates)), also checks that the right certificate of the
    /// TLS session is accepted.
    "certificate_binding_enforced": assert_certificate_binding_enforced, check_certificate_binding_enforced = bound;
}

async fn bound<A: App>(mut probe: Probe<'_, A>) -> Result<(), Finding> {
    probe.baseline().await?;
    let token = probe.route.token(probe.fixture).bound_to_certificate(&CertificateFixture::CLIENT).build();
    let refusal = Refusal::new(401, "invalid_token");
    let answer = probe.send(probe.request().bearer(&token)).await;
    probe.refused("a certificate-bound token without a certificate", &answer, refusal, fixes::CERTIFICATE)?;

    let other = probe.request().tls(CertificateFixture::OTHER.tls_session());
    let answer = probe.send(other.bearer(&token)).await;
    probe.refused("a certificate-bound token with another certificate", &answer, refusal, fixes::CERTIFICATE)?;

    for (name, value) in CertificateFixture::CLIENT.forwarding_headers() {
        let answer = probe.send(probe.request().bearer(&token).header(name, value)).await;
        let sent: String = ["a certificate-bound token, its certificate in `", name, "` from a stranger"].concat();
        probe.refused(&sent, &answer, refusal, fixes::CERTIFICATE)?;
    }
    if !probe.route.certificates {
        return Ok(());
    }
    let answer = probe.send(probe.request().tls(CertificateFixture::CLIENT.tls_session()).bearer(&token)).await;
    let sent = "a certificate-bound token with its certificate in the TLS session";
    probe.accepted_or(sent, answer, Some(fixes::CERTIFICATE_UNSEEN)).map(drop)
}
