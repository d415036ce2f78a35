//! The authorization server as a whole: that nothing is ever spent twice, whatever goes wrong between its questions.

mod algorithms;
mod behind;
mod browsers;
mod code_flow;
mod configured;
mod deny_list;
mod envelope;
mod faults;
mod grant_rules;
mod introspection_and_id_tokens;
mod ledger;
mod long_runs;
mod model;
mod profiles;
mod races;
mod refresh_rules;
mod scene;
mod signed_introspection;
mod stores;
mod token_rules;
mod user;
mod visit_races;
mod whole_flows;
mod without_pkce;
