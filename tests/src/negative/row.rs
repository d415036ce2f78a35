//! One row of the table.

use crate::{Answers, Call, Seen, World};
use attesto_core::resource::{Denial, Reason, Requirement, ResourceServerBuilder};
use std::fmt;

type Configure = Box<dyn Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder>;

/// The expected response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    /// 401 and every scheme, without error.
    NoCredentials,
    /// This status, and one challenge of this scheme with this error.
    Error(u16, &'static str, &'static str),
    /// 401 with this error on a challenge of either scheme.
    OnBoth(&'static str),
    /// 503.
    Unavailable,
}

/// A row.
pub struct Row {
    /// The rules it holds, and what is wrong.
    pub name: &'static str,
    /// Why the core refuses.
    pub reason: Reason,
    /// Whether the replay store has the proof afterwards.
    pub consumes_proof: bool,
    told: Told,
    configure: Configure,
    requirement: Requirement,
    broken: Box<dyn Fn(&World) -> Call>,
    mended: Box<dyn Fn(&World) -> Call>,
    answers: fn() -> Answers,
    mended_requirement: Option<Requirement>,
    mended_configure: Option<Configure>,
}

/// A request, and all that decides what becomes of it.
pub struct Exchange {
    /// The request.
    pub call: Call,
    /// The configuration of the resource server.
    pub builder: ResourceServerBuilder,
    /// What the route asks for.
    pub requirement: Requirement,
    /// What the host says, should it be asked.
    pub answers: fn() -> Answers,
}

impl Exchange {
    /// Drives it to its end, without a server.
    #[must_use]
    pub fn run(self) -> Seen {
        let server = self.builder.build().expect("a sound configuration");
        World::new().check(&server, &self.requirement, &self.call, (self.answers)())
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("name", &self.name).field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// A valid bearer request.
#[must_use]
pub fn bearer(world: &World) -> Call {
    Call::new().bearer(&world.token(|_, _| {}))
}

pub(super) fn row(
    name: &'static str,
    reason: impl Into<Reason>,
    told: Told,
    broken: impl Fn(&World) -> Call + 'static,
) -> Row {
    Row {
        name,
        reason: reason.into(),
        consumes_proof: false,
        told,
        configure: Box::new(|_, builder| builder),
        requirement: Requirement::authenticated(),
        broken: Box::new(broken),
        mended: Box::new(bearer),
        answers: Answers::good,
        mended_requirement: None,
        mended_configure: None,
    }
}

impl Row {
    /// The server's configuration, which both the broken and the mended request meet.
    pub(super) fn on(
        mut self,
        configure: impl Fn(&World, ResourceServerBuilder) -> ResourceServerBuilder + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// The request that differs in the one thing and passes.
    pub(super) fn mended_by(mut self, mended: impl Fn(&World) -> Call + 'static) -> Self {
        self.mended = Box::new(mended);
        self
    }

    /// It is the configuration that is broken, not the request: with the default one it passes.
    pub(super) fn mended_by_default_configuration(mut self) -> Self {
        self.mended_configure = Some(Box::new(|_, builder| builder));
        self
    }

    pub(super) fn requiring(mut self, requirement: Requirement) -> Self {
        self.requirement = requirement;
        self
    }

    /// It is the requirement that is not met: without it the same request passes.
    pub(super) fn mended_by_no_requirement(mut self) -> Self {
        self.mended_requirement = Some(Requirement::authenticated());
        self
    }

    pub(super) fn answered(mut self, answers: fn() -> Answers) -> Self {
        self.answers = answers;
        self
    }

    pub(super) fn consuming_the_proof(mut self) -> Self {
        self.consumes_proof = true;
        self
    }

    /// The request that is refused.
    #[must_use]
    pub fn broken(&self) -> Exchange {
        self.broken_in(&World::new())
    }

    /// Runs the row in another world.
    #[must_use]
    pub fn broken_in(&self, world: &World) -> Exchange {
        Exchange {
            call: (self.broken)(world),
            builder: (self.configure)(world, world.builder()),
            requirement: self.requirement.clone(),
            answers: self.answers,
        }
    }

    /// The one that passes.
    #[must_use]
    pub fn mended(&self) -> Exchange {
        self.mended_in(&World::new())
    }

    /// Runs the row in another world.
    #[must_use]
    pub fn mended_in(&self, world: &World) -> Exchange {
        let configure = self.mended_configure.as_ref().unwrap_or(&self.configure);
        Exchange {
            call: (self.mended)(world),
            builder: configure(world, world.builder()),
            requirement: self.mended_requirement.as_ref().unwrap_or(&self.requirement).clone(),
            answers: Answers::good,
        }
    }

    /// The refusal.
    #[must_use]
    pub fn denial(&self) -> Denial {
        *self.broken().run().result.expect_err(self.name)
    }

    /// Whether the replay store heard of the refused request.
    #[must_use]
    pub fn asked_replay(&self) -> bool {
        self.broken().run().asked.contains(&"replay")
    }

    /// Holds the core to the row.
    ///
    /// # Errors
    /// Says what came instead.
    pub fn check(&self) -> Result<(), String> {
        let denial = match self.broken().run().result {
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

    /// Holds the core to granting the mended request.
    ///
    /// # Errors
    /// Says why it was refused.
    pub fn check_mended(&self) -> Result<(), String> {
        match self.mended().run().result {
            Ok(_) => Ok(()),
            Err(denial) => Err(format!("{}: mended, and still refused for {:?}", self.name, denial.reason())),
        }
    }
}
