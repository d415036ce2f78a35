//! Time as a value: whole seconds since the Unix epoch, passed in by the caller.
//!
//! ```
//! use attesto_core::Timestamp;
//!
//! let now = Timestamp::from_secs(1_700_000_000);
//! assert_eq!(now.plus(60).since(now), 60);
//! assert_eq!(Timestamp::from_secs(5).minus(60), Timestamp::from_secs(0));
//! ```

mod clock;
mod timestamp;

pub use clock::Clock;
pub use timestamp::Timestamp;
