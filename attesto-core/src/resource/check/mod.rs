//! The check of one request, in a fixed order. A step ends in a refusal, a question or the next step; no step runs twice.
//!
//! # Steps
//!
//! | | Step | Rules | File |
//! |---|---|---|---|
//! | 1 | Transport: the request's origin is the resource's own, over https. | P11 to P14 | `receive.rs` |
//! | 2 | Credential: exactly one access token, in an accepted channel. | C1 to C11 | `receive.rs` |
//! | 3 | Scheme: a `DPoP` field comes with the DPoP scheme, and only with it. | D1, B4, B5 | `receive.rs` |
//! | 4 | Token: verified here, or by the host's custom verifier. | J1 to J22, A1 to A16; H1 to H5 | `token.rs` |
//! | 5 | Proof: the DPoP proof is valid for this request and token. | D1 to D15 | `proof.rs` |
//! | 6 | Binding: the evidence matches the token's binding. | B1 to B12 | `proof.rs` |
//! | 7 | Replay: the replay store records the first use of the proof. | D17, R1 | `decision.rs` |
//! | 8 | Revocation: the token is not revoked. | A17 | `decision.rs` |
//! | 9 | Principal: the host has a principal for the token. | | `decision.rs` |
//! | 10 | Step-up: the user authenticated as required. | W10 | `requirement.rs` |
//! | 11 | Scopes: the token has the required scopes. | S1 to S10 | `requirement.rs` |
//! | 12 | Grant, with a fresh nonce if one is due. | D15 | `decision.rs` |

mod decision;
mod proof;
mod receive;
mod requirement;
mod stage;
mod token;

pub(super) use decision::Bound;
pub(super) use token::Waiting;
