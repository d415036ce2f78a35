//! One row of the table.

use attesto_core::resource::{Denial, Reason, Requirement, ResourceServerBuilder};
use attesto_tests::{Answers, Call, Seen, World};

type Configure = Box<dyn Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder>;

/// What must be told to the client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Told {
    /// 401 and every scheme, without error.
    NoCredentials,
    /// This status, and one challenge of this scheme with this error.
    Error(u16, &'static str, &'static str),
    /// 401 with this error on a challenge of either scheme.
    OnBoth(&'static str),
    /// 503.
    Unavailable,
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) reason: Reason,
    told: Told,
    configure: Configure,
    requirement: Requirement,
    broken: Box<dyn Fn(&World) -> Call>,
    mended: Box<dyn Fn(&World) -> Call>,
    answers: fn() -> Answers,
    good_answers: fn() -> Answers,
    mended_requirement: Option<Requirement>,
    mended_configure: Option<Configure>,
    pub(crate) consumes_proof: bool,
}

/// A valid bearer request.
pub(crate) fn bearer(world: &World) -> Call {
    Call::new().bearer(&world.token(|_, _| {}))
}

pub(crate) fn row(
    name: &'static str,
    reason: impl Into<Reason>,
    told: Told,
    broken: impl Fn(&World) -> Call + 'static,
) -> Row {
    Row {
        name,
        reason: reason.into(),
        told,
        configure: Box::new(|_, builder| builder),
        requirement: Requirement::authenticated(),
        broken: Box::new(broken),
        mended: Box::new(bearer),
        answers: Answers::good,
        good_answers: Answers::good,
        mended_requirement: None,
        mended_configure: None,
        consumes_proof: false,
    }
}

impl Row {
    /// The server's configuration, which both the broken and the mended request meet.
    pub(crate) fn on(
        mut self,
        configure: impl Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// The request that differs in the one thing and passes.
    pub(crate) fn mended_by(mut self, mended: impl Fn(&World) -> Call + 'static) -> Self {
        self.mended = Box::new(mended);
        self
    }

    /// It is the configuration that is broken, not the request: with the default one it passes.
    pub(crate) fn mended_by_default_configuration(mut self) -> Self {
        self.mended_configure = Some(Box::new(|_, builder| builder));
        self
    }

    pub(crate) fn requiring(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// It is the requirement that is not met: without it the same request passes.
    pub(crate) fn mended_by_no_requirement(mut self) -> Self {
        self.mended_requirement = Some(Requirement::authenticated());
        self
    }

    pub(crate) fn answered(mut self, answers: fn() -> Answers) -> Self {
        self.answers = answers;
        self
    }

    pub(crate) fn consuming_the_proof(mut self) -> Self {
        self.consumes_proof = true;
        self
    }

    fn run(&self, call: &Call, configure: &Configure, requirement: &Requirement, answers: Answers) -> Seen {
        let world = World::new();
        let server = configure(&world, world.builder()).build().expect("a sound configuration");
        world.check(&server, requirement, call, answers)
    }

    fn broken(&self) -> Seen {
        self.run(&(self.broken)(&World::new()), &self.configure, &self.requirement, (self.answers)())
    }

    pub(crate) fn denial(&self) -> Denial {
        *self.broken().result.expect_err(self.name)
    }

    pub(crate) fn asked_replay(&self) -> bool {
        self.broken().asked.contains(&"replay")
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let denial = match self.broken().result {
            Ok(_) => return Err(format!("{}: granted", self.name)),
            Err(denial) => denial,
        };
        if denial.reason() != self.reason {
            return Err(format!("{}: refused for {:?} instead of {:?}", self.name, denial.reason(), self.reason));
        }
        let challenges = denial.challenges();
        let right = match self.told {
            Told::NoCredentials => {
                denial.status() == 401
                    && challenges.len() == 2
                    && challenges.iter().all(|challenge| !challenge.contains("error"))
                    && denial.response().body.is_empty()
            }
            Told::Error(status, scheme, error) => {
                let begin = format!("{scheme} error=\"{error}\"");
                denial.status() == status && challenges.len() == 1 && challenges[0].starts_with(&begin)
            }
            Told::OnBoth(error) => {
                let begins =
                    |scheme: &str, challenge: &String| challenge.starts_with(&format!("{scheme} error=\"{error}\""));
                denial.status() == 401
                    && challenges.len() == 2
                    && begins("DPoP", &challenges[0])
                    && begins("Bearer", &challenges[1])
            }
            Told::Unavailable => denial.status() == 503 && challenges.is_empty(),
        };
        if right { Ok(()) } else { Err(format!("{}: told {} {challenges:?}", self.name, denial.status())) }
    }

    pub(crate) fn check_mended(&self) -> Result<(), String> {
        let configure = self.mended_configure.as_ref().unwrap_or(&self.configure);
        let requirement = self.mended_requirement.as_ref().unwrap_or(&self.requirement);
        let seen = self.run(&(self.mended)(&World::new()), configure, requirement, (self.good_answers)());
        match seen.result {
            Ok(_) => Ok(()),
            Err(denial) => Err(format!("{}: mended, and still refused for {:?}", self.name, denial.reason())),
        }
    }
}
