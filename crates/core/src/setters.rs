//! Builder methods for types to which later versions add members.

/// Gives a type a method `with_<member>` per member.
macro_rules! setters {
    ($type:ident { $($method:ident $member:ident: $of:ty,)* }) => {
        impl $type {
            $(
                #[doc = concat!("The same with this `", stringify!($member), "`.")]
                #[must_use]
                pub fn $method(mut self, $member: $of) -> Self {
                    self.$member = $member;
                    self
                }
            )*
        }
    };
}

pub(crate) use setters;
