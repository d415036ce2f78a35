//! A mounted authorization server: each case is written once, and runs over loopback sockets against axum, actix-web and hyper.

#![forbid(unsafe_code)]

/// Makes a module of tests for each adapter out of the cases of a file, so that a failure names both.
macro_rules! on_every_adapter {
    ($($case:ident)*) => {
        on_every_adapter!(@of actix ACTIX: $($case)*);
        on_every_adapter!(@of axum AXUM: $($case)*);
        on_every_adapter!(@of hyper HYPER: $($case)*);
    };
    (@of $adapter:ident $server:ident: $($case:ident)*) => {
        mod $adapter {
            $(#[test]
            fn $case() {
                super::$case(attesto_tests::servers::$server);
            })*
        }
    };
}

mod cases;
mod http2;
mod issuer;
mod script;
