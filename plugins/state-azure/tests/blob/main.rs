//! The plugin against Azurite, a server of Microsoft's.

mod pages;
mod rig;
