//! The pure stages.
