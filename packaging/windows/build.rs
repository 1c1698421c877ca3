//! Links what Windows wants to know of the program into it: `intune-ferry.manifest`. Nothing elsewhere.
//!
//! Microsoft's linker does it by itself, so no crate is needed for it. (Other linkers, such as MinGW's, leave it out: the
//! releases are built with Microsoft's.)

use std::path::Path;

const MANIFEST: &str = "packaging/windows/intune-ferry.manifest";

fn main() {
    println!("cargo:rerun-if-changed={MANIFEST}");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "windows" && target("ENV") == "msvc" {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bins=/MANIFEST:EMBED");
        println!("cargo:rustc-link-arg-bins=/MANIFESTINPUT:{}", Path::new(&root).join(MANIFEST).display());
    }
}
