/// Declares an error enum with one variant per rule: the variant, the snake_case code for logs and tests, and a text.
/// Several rules may share a code (the catalogue's reason); no two share a variant. A variant may hold a value, which
/// its text names as `{0}`: its declaration gives the type, and an example for `ALL`.
///
/// The enum gets `ALL` (every variant, so that a test can demand one negative case for each), `code()` and, through
/// `thiserror`, `Display` and `Error`.
macro_rules! reasons {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident $( ($payload:ty = $example:expr) )? => $code:literal, $text:literal; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* #[error($text)] $variant $( ($payload) )?, )+
        }

        impl $name {
            /// Every variant, in the order of the rules.
            pub const ALL: &'static [Self] = &[ $( Self::$variant $( ($example) )?, )+ ];

            /// The snake_case name for logs, events and metrics. Never sent to a client.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$variant { .. } => $code, )+ }
            }
        }
    };
}
