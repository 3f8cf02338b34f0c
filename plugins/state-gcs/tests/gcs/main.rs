//! The plugin against fake-gcs-server, behind a translator of Google's XML API.

mod rig;
