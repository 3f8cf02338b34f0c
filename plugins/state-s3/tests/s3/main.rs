//! The plugin against versitygw, a server of the protocol of S3 that checks signatures.

mod broken;
mod rig;
