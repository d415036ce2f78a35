//! Real handshakes over loopback sockets: how the client's certificate gets from rustls to the check, under each adapter, and
//! what a proxy may say instead. `tests/src/servers` has the servers, to copy from; the cases are written once.

#![forbid(unsafe_code)]

/// Makes a module of tests for each adapter out of the cases of a file.
macro_rules! on_every_adapter {
    ($($case:ident)*) => {
        on_every_adapter!(@of actix ACTIX: $($case)*);
        on_every_adapter!(@of axum AXUM: $($case)*);
        on_every_adapter!(@of axum_on_hyper AXUM_ON_HYPER: $($case)*);
        on_every_adapter!(@of hyper HYPER: $($case)*);
    };
    (@of $module:ident $server:ident: $($case:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(attesto_tests::servers::$server).await;
                }
            )*
        }
    };
}

mod authorization;
mod client;
mod config;
mod direct;
mod forwarded;
mod gateway;
mod http2;
mod pki;
mod proxy;
mod resumption;
mod scene;
