//! What the integration tests share. Each test binary compiles its own copy and uses a part of it.
#![allow(dead_code, reason = "each test binary uses a part of this")]

pub(crate) mod built;
pub(crate) mod classes;
pub(crate) mod cluster;
pub(crate) mod matrix;
pub(crate) mod peers;
pub(crate) mod redis;
pub(crate) mod rest;
pub(crate) mod tmux;
