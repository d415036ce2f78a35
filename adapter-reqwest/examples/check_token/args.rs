//! What the command line says.

use attesto_core::ConfigError;
use attesto_core::introspection::IntrospectionCredentials;
use attesto_core::token::IssuerProfile;

pub(crate) const HELP: &str = "\
Says what a resource server would make of access tokens: one a line on standard input, each with a DPoP proof behind it or without.
Exits with 1 if one of them is refused, and with 2 if nothing could be checked.

Usage: check_token [OPTIONS] ISSUER RESOURCE

  ISSUER    as in the tokens' `iss`; its metadata names its keys
  RESOURCE  the resource's identifier, as in the tokens' `aud`: a URL, or whatever the issuer writes there (a GUID, api://default)

Options:
  --audience AUD       what stands in the tokens' `aud` instead of RESOURCE; may be said several times
  --jwks-uri URL       where the keys are, for an issuer whose metadata does not say
  --spiffe-bundle      the keys are a SPIFFE trust domain's bundle
  --profile NAME       how the issuer spells its tokens: rfc9068 (default), keycloak, auth0, okta, entra_id_v1=TENANT,
                       entra_id_v2=TENANT, cognito, spring_authorization_server, duende, reference_family, kubernetes=NAMESPACE,
                       github_actions=OWNER, gitlab_ci=NAMESPACE, aws=ACCOUNT, google_service_account=ID, spiffe=ID, supabase,
                       firebase=PROJECT, clerk, workos, cloudflare_access
  --typ VALUE          takes this `typ` as well; `none` for none at all
  --pin CLAIM=VALUE    the claim must have this value; may be said several times
  --introspect URL     asks this endpoint about each token instead of verifying it. Credentials are read from the environment:
                       INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, or INTROSPECTION_TOKEN
  --audience-is-implied, --kind-may-be-unsaid, --subject-may-be-client
                       what introspection leaves out
  --subject-in NAME    the member of introspection's answers that names the subject, in place of `sub`; may be said several times
  --all-algorithms     take every signature algorithm that attesto can verify, not only those that it takes by default
  --insecure-loopback  development only: issuer and resource may be plain http on this machine
  --help               show this text";

pub(crate) struct Args {
    pub(crate) issuer: String,
    pub(crate) resource: String,
    pub(crate) audience: Vec<String>,
    pub(crate) jwks_uri: Option<String>,
    pub(crate) spiffe_bundle: bool,
    pub(crate) profile: IssuerProfile,
    pub(crate) introspection: Option<Introspection>,
    pub(crate) all_algorithms: bool,
    pub(crate) loopback: bool,
}

pub(crate) struct Introspection {
    pub(crate) url: String,
    pub(crate) credentials: IntrospectionCredentials,
    pub(crate) audience_is_implied: bool,
    pub(crate) kind_may_be_unsaid: bool,
    pub(crate) subject_in: Vec<String>,
    pub(crate) subject_may_be_client: bool,
}

/// The arguments, and what the environment says under a name.
pub(crate) fn parse(
    mut words: impl Iterator<Item = String>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Args, String> {
    let (mut names, mut profile, mut changes) = (Vec::new(), IssuerProfile::rfc9068(), Vec::new());
    let (mut audience, mut jwks_uri, mut introspect) = (Vec::new(), None, None);
    let (mut all_algorithms, mut loopback, mut spiffe_bundle) = (false, false, false);
    let (mut audience_is_implied, mut kind_may_be_unsaid, mut subject_may_be_client) = (false, false, false);
    let mut subject_in = Vec::new();
    while let Some(word) = words.next() {
        let mut value = || words.next().filter(|value| !value.is_empty()).ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--all-algorithms" => all_algorithms = true,
            "--insecure-loopback" => loopback = true,
            "--spiffe-bundle" => spiffe_bundle = true,
            "--audience-is-implied" => audience_is_implied = true,
            "--kind-may-be-unsaid" => kind_may_be_unsaid = true,
            "--subject-may-be-client" => subject_may_be_client = true,
            "--audience" => audience.push(value()?),
            "--jwks-uri" => jwks_uri = Some(value()?),
            "--introspect" => introspect = Some(value()?),
            "--subject-in" => subject_in.push(value()?),
            "--profile" => profile = profile_named(&value()?)?,
            "--typ" | "--pin" => changes.push((word.clone(), value()?)),
            option if option.starts_with('-') => return Err(format!("unknown option {option:?}")),
            _ => names.push(word),
        }
    }
    let [issuer, resource] = names.try_into().map_err(|_| "one issuer and one resource are wanted")?;
    for (option, value) in changes {
        profile = changed(profile, &option, &value)?;
    }
    let introspection = match introspect {
        None => None,
        Some(url) => {
            let credentials = credentials(environment)?;
            Some(Introspection {
                url,
                credentials,
                audience_is_implied,
                kind_may_be_unsaid,
                subject_in,
                subject_may_be_client,
            })
        }
    };
    Ok(Args { issuer, resource, audience, jwks_uri, spiffe_bundle, profile, introspection, all_algorithms, loopback })
}

fn credentials(environment: impl Fn(&str) -> Option<String>) -> Result<IntrospectionCredentials, String> {
    let pair = environment("INTROSPECTION_CLIENT_ID").zip(environment("INTROSPECTION_CLIENT_SECRET"));
    match (pair, environment("INTROSPECTION_TOKEN")) {
        (Some((id, secret)), _) => Ok(IntrospectionCredentials::basic(id, secret)),
        (None, Some(token)) => Ok(IntrospectionCredentials::bearer(token)),
        (None, None) => Err("introspection wants credentials in the environment".into()),
    }
}

fn changed(profile: IssuerProfile, option: &str, value: &str) -> Result<IssuerProfile, String> {
    match (option, value) {
        ("--typ", "none") => Ok(profile.header_typ_may_be_absent()),
        ("--typ", typ) => profile.header_typ([typ]).map_err(|error| error.to_string()),
        (_, pin) => {
            let (claim, value) = pin.split_once('=').ok_or("--pin wants CLAIM=VALUE")?;
            Ok(profile.pin(claim, value))
        }
    }
}

fn profile_named(name: &str) -> Result<IssuerProfile, String> {
    let (name, of) = name.split_once('=').map_or((name, None), |(name, of)| (name, Some(of)));
    let sound = |profile: Result<IssuerProfile, ConfigError>| profile.map_err(|error| error.to_string());
    match (name, of) {
        ("rfc9068", None) => Ok(IssuerProfile::rfc9068()),
        ("keycloak", None) => Ok(IssuerProfile::keycloak()),
        ("auth0", None) => Ok(IssuerProfile::auth0()),
        ("okta", None) => Ok(IssuerProfile::okta()),
        ("entra_id_v1", Some(tenant)) => Ok(IssuerProfile::entra_id_v1(tenant)),
        ("entra_id_v2", Some(tenant)) => Ok(IssuerProfile::entra_id_v2(tenant)),
        ("cognito", None) => Ok(IssuerProfile::cognito()),
        ("spring_authorization_server", None) => Ok(IssuerProfile::spring_authorization_server()),
        ("duende", None) => Ok(IssuerProfile::duende()),
        ("reference_family", None) => Ok(IssuerProfile::reference_family()),
        ("kubernetes", Some(namespace)) => sound(IssuerProfile::kubernetes(namespace)),
        ("github_actions", Some(owner)) => sound(IssuerProfile::github_actions(owner)),
        ("gitlab_ci", Some(namespace)) => sound(IssuerProfile::gitlab_ci(namespace)),
        ("aws", Some(account)) => sound(IssuerProfile::aws(account)),
        ("google_service_account", Some(id)) => sound(IssuerProfile::google_service_account([id])),
        ("spiffe", Some(id)) => sound(IssuerProfile::spiffe([id])),
        ("supabase", None) => Ok(IssuerProfile::supabase()),
        ("firebase", Some(project)) => sound(IssuerProfile::firebase(project)),
        ("clerk", None) => Ok(IssuerProfile::clerk()),
        ("workos", None) => Ok(IssuerProfile::workos()),
        ("cloudflare_access", None) => Ok(IssuerProfile::cloudflare_access()),
        _ => Err(format!("no such profile: {name:?}; each with =VALUE where the list of them has it, and only there")),
    }
}
