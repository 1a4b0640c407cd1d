//! Structs that can say what they hold.
//!
//! In: the definitions of structs. Out: those structs, and beside them a list with the name, the
//! type and the doc comment of each field. What is documented of them can't differ from what is
//! compiled.

/// A struct as it was written.
#[derive(Debug)]
pub struct Documented {
    pub name: &'static str,
    /// The lines of its doc comment; empty ones stand for other attributes.
    pub doc: &'static [&'static str],
    pub fields: &'static [Field],
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// Its type in Rust.
    pub kind: &'static str,
    /// As in [`Documented`].
    pub doc: &'static [&'static str],
    /// Whether its own fields stand in its place.
    pub is_flat: bool,
}

/// Defines structs, and a list of them as constant.
macro_rules! documented {
    (@doc doc = $text:literal) => { $text };
    (@doc $($other:tt)*) => { "" };
    (@flat serde(flatten)) => { true };
    (@flat $($other:tt)*) => { false };
    ($list:ident: $($(#[$($attribute:tt)*])* pub struct $name:ident {
        $($(#[$($on:tt)*])* pub $field:ident: $kind:ty,)*
    })*) => {
        $($(#[$($attribute)*])* pub struct $name { $($(#[$($on)*])* pub $field: $kind,)* })*

        /// The structs above, for whoever writes of them.
        pub const $list: &[$crate::project::documented::Documented] = &[$($crate::project::documented::Documented {
            name: stringify!($name),
            doc: &[$($crate::project::documented::documented!(@doc $($attribute)*)),*],
            fields: &[$($crate::project::documented::Field {
                name: stringify!($field),
                kind: stringify!($kind),
                doc: &[$($crate::project::documented::documented!(@doc $($on)*)),*],
                is_flat: false $(|| $crate::project::documented::documented!(@flat $($on)*))*,
            }),*],
        }),*];
    };
}

pub(crate) use documented;
