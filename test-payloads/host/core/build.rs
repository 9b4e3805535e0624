// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel configuration that the core is compiled for.

fn main() {
    println!("cargo::rustc-cfg=CONFIG_PROC_FS");
    println!("cargo::rerun-if-changed=build.rs");
}
