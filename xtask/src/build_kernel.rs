// SPDX-License-Identifier: MIT OR Apache-2.0

//! `cargo xtask build-kernel`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::arch::Arch;
use crate::doctor::{self, Need, Permission};
use crate::flavor::Flavor;
use crate::kernel;
use crate::project::Project;
use crate::source;

/// What is built if nobody says what.
const PRODUCT: &str = "rust";

/// Options of `build-kernel`.
#[derive(Args)]
pub(crate) struct Options {
    /// A flavor of kernel-config/flavors.yaml; may be given several times [default: rust]
    #[arg(long = "flavor", value_name = "NAME")]
    flavors: Vec<String>,
    /// Every flavor that is for this architecture
    #[arg(long, value_enum, conflicts_with = "flavors")]
    arch: Option<Arch>,
    /// Print this of each flavor, alone on standard output
    #[arg(long, value_name = "WHAT")]
    print: Option<Print>,
    /// Build each in an empty object folder, too, and compare the bytes
    #[arg(long, conflicts_with_all = ["print", "source"])]
    from_nothing: bool,
    /// A tarball or folder of the kernel's sources, in place of the pinned ones
    #[arg(long, value_name = "PATH")]
    source: Option<PathBuf>,
    #[command(flatten)]
    permission: Permission,
}

#[derive(Clone, Copy, ValueEnum)]
enum Print {
    /// The folder of the object files, to build modules out of tree
    Objects,
    /// The `make` of that folder with its tools; `M=FOLDER modules` behind it builds a module
    Make,
}

/// Builds each flavor, or takes it from the cache.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let source = source::given(options.source.as_ref())?;
    doctor::require(project, &[Need::Build], options.permission)?;
    for flavor in &flavors(project, options)? {
        if options.from_nothing {
            kernel::from_nothing::compare(project, flavor)?;
            eprintln!("       … kernel {flavor}: the same bytes from an empty object folder");
            continue;
        }
        if let Some(what) = options.print {
            let objects = kernel::objects(project, flavor, source.as_deref())?;
            match what {
                Print::Objects => println!("{}", objects.display()),
                Print::Make => println!("{}", kernel::make_command(project, flavor)?),
            }
            continue;
        }
        let kernel = kernel::ensure_from(project, flavor, source.as_deref())?;
        eprintln!("       … kernel {flavor}: {}", kernel.dir.display());
    }
    Ok(())
}

fn flavors(project: &Project, options: &Options) -> Result<Vec<String>> {
    Ok(match (options.arch, options.flavors.as_slice()) {
        (Some(arch), _) => {
            let flavors = Flavor::of(project, arch)?.into_iter();
            flavors.map(|flavor| flavor.name).collect()
        }
        (None, []) => vec![PRODUCT.to_owned()],
        (None, named) => named.to_vec(),
    })
}
