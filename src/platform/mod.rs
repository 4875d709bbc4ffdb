//! The embedded push platform.
