//! Identities that a platform gives to what runs on it.
//!
//! Everybody at GitHub, in a cluster or in a trust domain gets a token from the same issuer and chooses its audience. That it is signed says
//! nothing about who may call: each of these profiles asks for whose workloads do, and
//! [`pin`](IssuerProfile::pin) narrows that further.

use super::IssuerProfile;
use crate::ConfigError;
use alloc::string::String;

impl IssuerProfile {
    /// The subject is the client, and there are no scopes.
    fn workload(typ: &[&str]) -> Self {
        let mut profile = Self::recipe(typ, &["sub"], &[], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Kubernetes, projected service account tokens (EKS, AKS, GKE as well): of the pods in this namespace. No `typ`; subjects are
    /// `system:serviceaccount:NAMESPACE:NAME`, and [`pin`](Self::pin)`("sub", ..)` takes one of them alone.
    ///
    /// Whoever can create pods or ask for tokens in the cluster chooses `aud`, so that the namespace is what decides. Inside a cluster the
    /// keys' URL wants credentials: have your [`HttpClient`](crate::host::HttpClient) send them, or open the discovery to all.
    ///
    /// # Errors
    /// Where the namespace is blank.
    pub fn kubernetes(namespace: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&[]).header_typ_may_be_absent().pin_at(["kubernetes.io", "namespace"], [namespace])
    }

    /// GitHub Actions (issuer `https://token.actions.githubusercontent.com`), workflows of this owner's repositories.
    ///
    /// Anyone with an account there gets tokens of this issuer. Narrow it further:
    /// [`pin`](Self::pin)`("repository", "owner/name")`, `"ref"` or `"environment"`, since every branch and pull request runs workflows;
    /// and `"repository_owner_id"`, since names can change hands.
    ///
    /// # Errors
    /// Where the owner is blank.
    pub fn github_actions(repository_owner: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("repository_owner", [repository_owner])
    }

    /// GitLab CI/CD (issuer `https://gitlab.com` or your own), jobs of projects of this namespace.
    ///
    /// Anyone with an account there gets tokens of this issuer. Narrow it further: [`pin`](Self::pin)`("project_path", "group/name")`,
    /// `("ref_protected", "true")`, `("namespace_id", ..)`.
    ///
    /// # Errors
    /// Where the namespace is blank.
    pub fn gitlab_ci(namespace_path: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("namespace_path", [namespace_path])
    }

    /// AWS, outbound identity federation of IAM: roles and users of this account. The issuer is the account's own, and names itself
    /// in its settings. `sub` is the principal's ARN: [`pin`](Self::pin) it, or allow every principal that may ask for such a token.
    ///
    /// # Errors
    /// Where the account is blank.
    pub fn aws(account: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_at(["https://sts.amazonaws.com/", "aws_account"], [account])
    }

    /// Google, ID tokens of service accounts (issuer `https://accounts.google.com`): these, by their unique ids, which are in `sub`.
    ///
    /// Everybody with a Google account gets tokens of this issuer, and whoever owns any project there chooses `aud`.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn google_service_account<S: Into<String>>(
        unique_ids: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("sub", unique_ids)
    }

    /// SPIFFE JWT-SVIDs of these workloads, whole ids (`spiffe://example.org/billing`). The SVID must have `iss`, an https URL, which
    /// SPIRE writes where it is configured with one (`jwt_issuer`); `iat` may be missing. For keys from a bundle there is
    /// [`spiffe_bundle`](crate::remote::RemoteKeysBuilder::spiffe_bundle).
    ///
    /// Every workload of the trust domain chooses `aud` of its SVIDs, so that the ids are what decides.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn spiffe<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let profile = Self::workload(&["JWT", "JOSE"]).header_typ_may_be_absent().iat_is_optional();
        profile.pin_one_of("sub", ids)
    }
}
