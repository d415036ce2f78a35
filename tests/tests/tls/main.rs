//! Real handshakes over loopback sockets: how the client's certificate gets from rustls to the check, under each adapter, and
//! what a proxy may say instead. `axum.rs`, `actix.rs` and `hyper.rs` are the servers, to copy from; the cases are written once.

#![forbid(unsafe_code)]

/// Makes a module of tests for each adapter out of the cases of a file.
macro_rules! on_every_adapter {
    ($($case:ident)*) => {
        on_every_adapter!(@of actix Actix: $($case)*);
        on_every_adapter!(@of axum Axum: $($case)*);
        on_every_adapter!(@of axum_on_hyper AxumOnHyper: $($case)*);
        on_every_adapter!(@of hyper Hyper: $($case)*);
    };
    (@of $module:ident $adapter:ident: $($case:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(crate::server::Adapter::$adapter).await;
                }
            )*
        }
    };
}

mod actix;
mod authorization;
mod axum;
mod client;
mod config;
mod direct;
mod forwarded;
mod gateway;
mod http2;
mod hyper;
mod pki;
mod proxy;
mod resumption;
mod scene;
mod server;
