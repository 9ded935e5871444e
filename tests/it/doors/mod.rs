//! Tables of calls at all doors of the program, and what must come back. `bad_input.txt` and
//! `verbs.txt` are the tables; this is the form of both:
//!
//! ```text
//! == what it is about
//! DOOR CALL
//!   STATUS: words | that must be | in the answer
//! ```
//!
//! | door | call | status |
//! |---|---|---|
//! | `grpc` | a method and its request as protobuf text | the code's name |
//! | `bytes` | a method and its request in hexadecimal | the code's name |
//! | `http` | method, path, body | the HTTP status |
//! | `cli` | arguments; ` < text` is standard input | the exit code |
//! | `serve`, `check` | a configuration, lines parted by `;;` | the exit code |
//!
//! `{name}` stands for what the test has prepared. `\xff` is that byte.

mod bad_input;
mod bytes;
mod call;
mod fixtures;
mod table;
mod verbs;
