//! Profiles of identities that a platform gives to its workloads.
//!
//! All tenants of GitHub, all pods of a cluster and all workloads of a trust domain get tokens from the same issuer and
//! choose the audience. A valid signature therefore does not show who may call. Each of these profiles requires the
//! owner of the workload, and [`pin`](IssuerProfile::pin) narrows that further.

use super::IssuerProfile;
use crate::ConfigError;
use alloc::string::String;

impl IssuerProfile {
    /// A workload token: the subject is the client, and there are no scopes.
    fn workload(typ: &[&str]) -> Self {
        let mut profile = Self::recipe(typ, &["sub"], &[], &["jti"]);
        profile.jti_is_optional = true;
        profile
    }

    /// Kubernetes, projected service account tokens (EKS, AKS, GKE as well) of the pods in this namespace. No `typ`.
    /// Subjects are `system:serviceaccount:NAMESPACE:NAME`; [`pin`](Self::pin)`("sub", ..)` accepts only one of them.
    ///
    /// Anyone who can create pods or request tokens in the cluster chooses `aud`, so only the namespace protects the
    /// resource. Inside a cluster the keys' URL requires credentials: have your [`HttpClient`](crate::host::HttpClient)
    /// send them, or make the discovery public.
    ///
    /// # Errors
    /// Fails if the namespace is blank.
    pub fn kubernetes(namespace: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&[]).header_typ_may_be_absent().pin_at(["kubernetes.io", "namespace"], [namespace])
    }

    /// GitHub Actions (issuer `https://token.actions.githubusercontent.com`), workflows of this owner's repositories.
    ///
    /// Anyone with an account there gets tokens of this issuer. Narrow it further: [`pin`](Self::pin)`("repository",
    /// "owner/name")`, `"ref"` or `"environment"`, since every branch and pull request runs workflows; and
    /// `"repository_owner_id"`, since names can change hands.
    ///
    /// # Errors
    /// Fails if the owner is blank.
    pub fn github_actions(repository_owner: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("repository_owner", [repository_owner])
    }

    /// GitLab CI/CD (issuer `https://gitlab.com` or your own), jobs of projects of this namespace.
    ///
    /// Anyone with an account there gets tokens of this issuer. Narrow it further: [`pin`](Self::pin)`("project_path",
    /// "group/name")`, `("ref_protected", "true")`, `("namespace_id", ..)`.
    ///
    /// # Errors
    /// Fails if the namespace is blank.
    pub fn gitlab_ci(namespace_path: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("namespace_path", [namespace_path])
    }

    /// AWS, outbound identity federation of IAM: roles and users of this account. The issuer is specific to the account
    /// and is shown in its settings. `sub` is the principal's ARN: [`pin`](Self::pin) it, or allow every principal that
    /// may request such a token.
    ///
    /// # Errors
    /// Fails if the account is blank.
    pub fn aws(account: impl Into<String>) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_at(["https://sts.amazonaws.com/", "aws_account"], [account])
    }

    /// Google, ID tokens of these service accounts (issuer `https://accounts.google.com`), by their unique ids, which
    /// are in `sub`.
    ///
    /// Everyone with a Google account gets tokens of this issuer, and everyone who owns a project there chooses `aud`.
    ///
    /// # Errors
    /// Fails if the list is empty, or an id is blank.
    pub fn google_service_account<S: Into<String>>(
        unique_ids: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        Self::workload(&["JWT"]).pin_one_of("sub", unique_ids)
    }

    /// SPIFFE JWT-SVIDs of these workloads, by whole ids (`spiffe://example.org/billing`). The SVID must have `iss`, an
    /// https URL, which SPIRE writes if it is configured with one (`jwt_issuer`). `iat` may be missing. For keys from a
    /// bundle, use [`spiffe_bundle`](crate::remote::RemoteKeysBuilder::spiffe_bundle).
    ///
    /// Every workload of the trust domain chooses `aud` of its SVIDs, so only the ids protect the resource.
    ///
    /// # Errors
    /// Fails if the list is empty, or an id is blank.
    pub fn spiffe<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        let profile = Self::workload(&["JWT", "JOSE"]).header_typ_may_be_absent().iat_is_optional();
        profile.pin_one_of("sub", ids)
    }
}
