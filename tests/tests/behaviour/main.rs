//! What every server does alike: each case is written once, and runs over loopback sockets against axum, actix-web, hyper, and a
//! blocking server without an async runtime.

mod blocking;
mod cases;
mod http2;
mod tokens;
mod transcript;

use attesto_tests::servers::{ACTIX, AXUM, BLOCKING, HYPER, Server};

pub(crate) const SERVERS: [Server; 4] = [AXUM, ACTIX, HYPER, BLOCKING];

/// One test for each server and case, so that a failure names both.
macro_rules! on_every_server {
    ($($topic:ident: $($case:ident)*;)*) => {
        on_every_server!(@server axum_serves AXUM { $($($topic $case)*)* });
        on_every_server!(@server actix_serves ACTIX { $($($topic $case)*)* });
        on_every_server!(@server hyper_serves HYPER { $($($topic $case)*)* });
        on_every_server!(@server blocking_serves BLOCKING { $($($topic $case)*)* });
    };
    (@server $tests:ident $server:ident { $($topic:ident $case:ident)* }) => {
        mod $tests {
            $(#[test]
            fn $case() {
                crate::cases::$topic::$case(attesto_tests::servers::$server);
            })*
        }
    };
}

on_every_server! {
    access:
        the_handler_knows_who_is_calling
        t4_bound_token_sent_as_bearer_is_refused_and_the_handler_is_not_reached
        t5_t6_proof_is_accepted_once_and_two_keys_may_share_a_jti
        w9_a_route_may_ask_for_more_scopes
        d10_proof_is_for_the_path_that_the_client_asked_for
        unserved_paths_are_protected_too
        b7_b8_b9_certificate_of_the_tls_session_decides;
    bodies:
        large_bodies_go_through_whole_in_both_directions
        bodies_stream_through_chunk_by_chunk
        refusal_does_not_wait_for_the_body
        body_of_a_refused_request_is_not_taken_for_a_request
        c8_form_tokens_are_read_only_on_request_and_the_handler_still_gets_the_form;
    early:
        refusal_reaches_a_client_that_is_still_sending
        refusal_of_a_body_that_is_there_already_keeps_the_connection
        body_without_an_end_is_cut_off
        client_that_waits_to_be_asked_for_its_body_is_refused_and_not_asked;
    host:
        principal_lookup_may_accept_refuse_or_fail
        a_principal_without_a_lookup_is_our_own_fault
        a17_revoked_token_is_refused
        h1_h2_custom_verifier_judges_what_is_not_ours
        w14_renderer_whose_media_type_is_no_field_value_costs_its_body_only
        w14_renderer_decides_the_body_and_nothing_else
        e1_to_e5_events_tell_what_happened_and_no_secret
        r3_failing_or_full_replay_store_is_503_and_never_a_pass;
    metadata:
        p1_to_p3_one_resource_publishes_its_document
        p4_several_resources_publish_theirs_side_by_side
        p5_preflight_of_the_documents_is_answered
        t9_discovery_leads_from_the_challenge_to_a_document_that_leads_back
        a3_token_for_one_resource_does_not_open_its_sibling;
    methods:
        w12_head_gets_the_answer_of_get_without_the_body
        d9_proof_for_get_does_not_serve_for_head
        c11_preflight_is_refused_by_default
        c11_preflight_passes_where_it_is_configured_and_nothing_else_does;
    negative:
        every_row_of_the_negative_table_is_refused_as_the_core_says
        every_row_passes_when_its_one_thing_is_mended
        rows_that_no_socket_can_carry_are_exactly_these;
    proxies:
        p13_forwarded_origin_counts_from_a_trusted_proxy
        p11_proof_for_a_host_that_the_client_chose_is_refused
        p11_port_that_the_operator_did_not_name_is_the_clients_text
        p13_forwarded_origin_is_ignored_from_anybody_else
        m4_forwarded_certificate_counts_only_from_a_trusted_proxy;
    replay:
        r1_of_a_thousand_requests_with_five_hundred_proofs_each_proof_passes_once
        r1_a_proof_sent_forty_times_at_once_passes_once;
}
