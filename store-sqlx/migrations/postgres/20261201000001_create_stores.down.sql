DROP TABLE {sweeps};
DROP TABLE {replays};
DROP TABLE {denied_access_tokens};
DROP TABLE {consent_grants};
DROP TABLE {pushed_requests};
DROP TABLE {refresh_access_tokens};
DROP TABLE {refresh_families};
DROP TABLE {codes};
