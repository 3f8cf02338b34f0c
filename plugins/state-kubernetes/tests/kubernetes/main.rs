//! The plugin against the real API server of Kubernetes.

mod broken;
mod cluster;
mod fields;
mod rig;
mod settings;
