//! Challenges: whatever is set, what is written can be read and says what was set; whatever is read, it can be written again.

use arbitrary::{Arbitrary, Result, Unstructured};
use attesto_core::challenge::{AuthScheme, Challenge, ChallengeHook, parse_challenges};
use attesto_core::crypto::{Algorithm, AlgorithmSet};
use attesto_core::limits;

/// A `WWW-Authenticate` value; and, as other bytes, how to build a challenge.
pub fn challenge(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        what_is_read_can_be_written(text);
    }
    if let Ok(plan) = Plan::arbitrary(&mut Unstructured::new(data)) {
        what_is_written_can_be_read(&plan);
    }
}

fn what_is_read_can_be_written(text: &str) {
    let Ok(parsed) = parse_challenges(text) else {
        return assert!(Challenge::parse(text).is_err());
    };
    for challenge in &parsed {
        assert!(!challenge.scheme().is_empty() && text.contains(challenge.scheme()));
        let names: Vec<String> = challenge.parameters().map(|(name, _)| name.to_ascii_lowercase()).collect();
        assert!(names.len() <= limits::CHALLENGE_PARAMETERS);
        assert!(names.iter().enumerate().all(|(index, name)| !names[..index].contains(name)), "each name once");
        assert!(challenge.token68().is_none() || names.is_empty());
        for (name, value) in challenge.parameters() {
            assert_eq!(challenge.get(&name.to_ascii_uppercase()), Some(value));
        }
    }
    if let Ok(ours) = Challenge::parse(text) {
        assert_eq!(parsed.len(), 1);
        assert_eq!(parsed[0].auth_scheme(), Some(ours.scheme()));
        assert_eq!(parsed[0].get("error"), ours.error_code());
        reads_back(&ours);
    }
}

/// A challenge in steps.
#[derive(Debug)]
struct Plan {
    algorithms: Option<AlgorithmSet>,
    steps: Vec<Step>,
}

#[derive(Debug, Arbitrary)]
enum Step {
    Realm(String),
    Error(String),
    Description(String),
    Scope(Vec<String>),
    AcrValues(Vec<String>),
    MaxAge(u64),
    ResourceMetadata(String),
    Extension(String, String),
}

impl<'a> Arbitrary<'a> for Plan {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let bits: u16 = input.arbitrary()?;
        let named = Algorithm::ALL.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
        let algorithms = AlgorithmSet::try_from_iter(named.map(|(_, algorithm)| *algorithm)).ok();
        Ok(Self { algorithms, steps: input.arbitrary()? })
    }
}

impl Plan {
    fn start(&self) -> Challenge {
        self.algorithms.map_or_else(Challenge::bearer, Challenge::dpop)
    }

    fn build(&self) -> Challenge {
        self.steps.iter().fold(self.start(), Step::apply)
    }
}

impl Step {
    fn apply(challenge: Challenge, step: &Self) -> Challenge {
        match step {
            Self::Realm(text) => challenge.realm(text.clone()),
            Self::Error(text) => challenge.error(text.clone()),
            Self::Description(text) => challenge.error_description(text.clone()),
            Self::Scope(scopes) => challenge.scope(scopes),
            Self::AcrValues(values) => challenge.acr_values(values),
            Self::MaxAge(seconds) => challenge.max_age(*seconds),
            Self::ResourceMetadata(url) => challenge.resource_metadata(url.clone()),
            Self::Extension(name, value) => {
                challenge.clone().extension(name.clone(), value.clone()).unwrap_or(challenge)
            }
        }
    }
}

#[derive(Debug)]
struct Hook(Plan);

impl ChallengeHook for Hook {
    fn amend(&self, challenge: &mut Challenge) {
        *challenge = self.0.build();
    }
}

fn what_is_written_can_be_read(plan: &Plan) {
    let challenge = plan.build();
    let value = reads_back(&challenge);
    let Ok(parsed) = parse_challenges(&value) else { return };
    assert_eq!(parsed[0].auth_scheme(), Some(challenge.scheme()));
    assert_eq!(challenge.scheme() == AuthScheme::Dpop, parsed[0].get("algs").is_some());
    // The last call of a setter wins, and a value that cannot be sent is not sent.
    for step in &plan.steps {
        if let Step::Realm(realm) = step {
            assert!(
                parsed[0].get("realm").is_none_or(|sent| sent != realm || sent.bytes().all(|b| (32..127).contains(&b)))
            );
        }
    }
    for list in ["scope", "acr_values"] {
        assert!(parsed[0].get(list).is_none_or(|sent| sent.split(' ').all(|word| !word.is_empty())));
    }
    // Two in one line, as a proxy may merge them, are still these two. RFC 9110 §5.3.
    let merged = format!("{value}, {value}");
    if merged.len() <= limits::HEADER_VALUE {
        assert_eq!(parse_challenges(&merged).expect("two challenges"), [parsed[0].clone(), parsed[0].clone()]);
    }
    hook_takes_nothing_away(plan, &challenge);
}

/// W14: a hook adds and replaces; it does not remove, and it does not touch scheme, error and algorithms.
fn hook_takes_nothing_away(plan: &Plan, made_by_hook: &Challenge) {
    let hook = Hook(Plan { algorithms: plan.algorithms, steps: Vec::new() });
    assert_eq!(made_by_hook.clone().amended_by(&hook), *made_by_hook, "nothing to add");
    let ours = Challenge::dpop(AlgorithmSet::ALL).error("invalid_token").max_age(1).scope(["a"]);
    let hook = Hook(Plan { algorithms: None, steps: Vec::new() });
    assert_eq!(ours.clone().amended_by(&hook), ours);
    let amended = ours.amended_by(&Replacing(made_by_hook.clone()));
    assert_eq!((amended.scheme(), amended.error_code()), (AuthScheme::Dpop, Some("invalid_token")));
    let value = reads_back(&amended);
    let Ok(parsed) = parse_challenges(&value) else { return };
    assert!(parsed[0].get("max_age").is_some() && parsed[0].get("scope").is_some());
}

#[derive(Debug)]
struct Replacing(Challenge);

impl ChallengeHook for Replacing {
    fn amend(&self, challenge: &mut Challenge) {
        *challenge = self.0.clone();
    }
}

/// One line of printable text that is this challenge again, less a description of no error.
fn reads_back(challenge: &Challenge) -> String {
    let value = challenge.header_value();
    assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{value:?}");
    let described = match challenge.error_code() {
        Some(_) => challenge.clone(),
        None => challenge.clone().error_description(""),
    };
    match Challenge::parse(&value) {
        Ok(read) => assert_eq!(read, described, "{value}"),
        // A host may configure a value that is too long to send.
        Err(error) => assert!(value.len() > limits::HEADER_VALUE, "{error}: {value}"),
    }
    value
}
