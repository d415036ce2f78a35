//! The steps of a tour: numbered, printed with their outcome, and judged.

use super::client::Answer;

/// Counts the steps, and those that did not go as they should.
#[derive(Debug, Default)]
pub(super) struct Steps {
    number: u32,
    surprises: u32,
}

impl Steps {
    /// How many did not go as they should.
    pub(super) const fn surprises(&self) -> u32 {
        self.surprises
    }

    /// One step: what it was, what came back, and whether that is what must come back.
    pub(super) fn step(&mut self, what: &str, answer: &Answer, right: bool, note: &str) {
        self.number += 1;
        let mark = if right { "ok" } else { "SURPRISE" };
        println!("{:>2}. {what}\n    -> {} {note}   [{mark}]", self.number, answer.status.as_u16());
        for challenge in answer.headers.get_all("www-authenticate") {
            println!("       www-authenticate: {}", challenge.to_str().unwrap_or("(not text)"));
        }
        if let Some(nonce) = answer.header("dpop-nonce") {
            println!("       dpop-nonce: {nonce}");
        }
        if !right {
            self.surprises += 1;
            println!("       body: {}", answer.body);
        }
    }
}
