//! A mounted authorization server: each case is written once, and runs over loopback sockets against axum, actix-web and hyper.

#![forbid(unsafe_code)]

/// Makes a module of tests for each adapter out of the cases of a file, so that a failure names both.
macro_rules! on_every_adapter {
    ($($case:ident)*) => {
        on_every_adapter!(@of actix: $($case)*);
        on_every_adapter!(@of axum: $($case)*);
        on_every_adapter!(@of hyper: $($case)*);
    };
    (@of $adapter:ident: $($case:ident)*) => {
        mod $adapter {
            $(#[test]
            fn $case() {
                super::$case(crate::$adapter::SERVER);
            })*
        }
    };
}

mod actix;
mod axum;
mod cases;
#[path = "../behaviour/client.rs"]
#[allow(dead_code, reason = "the behaviour suite's client, of which this suite needs a part")]
mod client;
mod http2;
mod hyper;
mod script;
mod setup;

use setup::{Running, Setup};

/// One way to serve a [`Setup`].
#[derive(Clone, Copy)]
pub(crate) struct Server {
    /// On a free loopback port.
    pub(crate) start: fn(Setup) -> Running,
}
