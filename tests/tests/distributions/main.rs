//! Programs that `cargo xtask build` makes: with some of the plugins, with a settings file, and with a plugin of another maker.

mod building;
mod foreign;
mod outside;
mod sets;
mod smallest;
