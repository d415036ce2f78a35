//! attesto for axum.
