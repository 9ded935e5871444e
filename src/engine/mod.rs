//! The shell: embed, decide, record, dispatch, learn, persist.

pub mod api;
