//! What a client holds.

use attesto_tests::World;

/// A valid bearer token.
pub(crate) fn bearer(world: &World) -> String {
    world.token(|_, _| {})
}

/// One for this subject.
pub(crate) fn subject(world: &World, sub: &'static str) -> String {
    world.token(|_, claims| {
        claims.insert("sub".into(), sub.into());
    })
}

/// One with this scope.
pub(crate) fn scoped(world: &World, scope: &'static str) -> String {
    world.token(|_, claims| {
        claims.insert("scope".into(), scope.into());
    })
}

/// The client's proof for this method and URL.
pub(crate) fn proof(world: &World, token: &str, method: &str, url: &str, jti: &str) -> String {
    world.proof(token, |_, claims| {
        claims.insert("htm".into(), method.into());
        claims.insert("htu".into(), url.into());
        claims.insert("jti".into(), jti.into());
    })
}
