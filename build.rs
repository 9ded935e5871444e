//! Compiles `proto/` without protoc: protox parses, tonic-prost-build writes the Rust, and the
//! descriptor bytes go to OUT_DIR for server reflection.

use prost::Message;
use std::{env, error::Error, fs, path::PathBuf};

const ROOT: &str = "proto";
const FILES: [&str; 5] = [
    "pointsman/v1/chat.proto",
    "pointsman/v1/types.proto",
    "pointsman/v1/report.proto",
    "pointsman/v1/router.proto",
    "pointsman/v1/admin.proto",
];

#[allow(clippy::disallowed_methods)] // cargo speaks to build scripts by the environment
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={ROOT}");
    let descriptors = protox::compile(FILES, [ROOT])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("pointsman.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .btree_map(".")
        .codec_path("crate::proto::WireCodec")
        .bytes(".pointsman.v1.ExportMemoryResponse.data")
        .bytes(".pointsman.v1.ImportMemoryRequest.data")
        .compile_fds(descriptors)?;
    Ok(())
}
