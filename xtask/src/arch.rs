// SPDX-License-Identifier: MIT OR Apache-2.0

//! The architectures that kernels are built for and guests have.

use std::path::Path;

use serde::Deserialize;

/// An architecture, as `kernel-config/flavors.yaml` and the command line name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Arch {
    /// 64-bit PC, which the host is, too
    #[default]
    #[serde(rename = "x86_64")]
    #[value(name = "x86_64")]
    X86_64,
    /// 64-bit ARM
    Arm64,
    /// 64-bit RISC-V
    Riscv64,
    /// IBM Z: the one whose most significant byte comes first
    S390,
    /// 32-bit ARM
    Arm,
}

/// The QEMU that emulates an architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Emulator {
    /// Its program.
    pub(crate) program: &'static str,
    /// The packages that bring it, the first of which has its version.
    pub(crate) packages: &'static [&'static str],
}

/// What links programs for an architecture that is not the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cross {
    /// A GCC.
    pub(crate) linker: &'static str,
    /// Its package.
    pub(crate) package: &'static str,
    /// A static C library.
    pub(crate) libc: &'static str,
    /// Its package.
    pub(crate) libc_package: &'static str,
}

impl Arch {
    /// As it is named on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
            Self::Riscv64 => "riscv64",
            Self::S390 => "s390",
            Self::Arm => "arm",
        }
    }

    /// What the kernel's build calls it (`ARCH=`), and its folder in `arch`. `ARCH=x86_64` is known,
    /// too, but its `make tinyconfig` turns off what a 64-bit PC has by default (stacks that are
    /// mapped, indirect branch tracking), which `ARCH=x86` leaves to the fragments.
    pub(crate) fn of_kernel(self) -> &'static str {
        match self {
            Self::X86_64 => "x86",
            Self::Riscv64 => "riscv",
            other => other.name(),
        }
    }

    /// The kernel that QEMU boots, in the object folder.
    pub(crate) fn image(self) -> &'static Path {
        Path::new(match self {
            Self::X86_64 => "arch/x86/boot/bzImage",
            Self::Arm64 => "arch/arm64/boot/Image",
            Self::Riscv64 => "arch/riscv/boot/Image",
            Self::S390 => "arch/s390/boot/bzImage",
            Self::Arm => "arch/arm/boot/zImage",
        })
    }

    /// What rustc calls it, with Linux and GNU's C library.
    pub(crate) fn rust_target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::Riscv64 => "riscv64gc-unknown-linux-gnu",
            Self::S390 => "s390x-unknown-linux-gnu",
            Self::Arm => "armv7-unknown-linux-gnueabihf",
        }
    }

    /// What links its programs; nothing where the host's own compiler does.
    pub(crate) fn cross(self) -> Option<Cross> {
        Some(match self {
            Self::X86_64 => return None,
            Self::Arm64 => Cross {
                linker: "aarch64-linux-gnu-gcc",
                package: "gcc-aarch64-linux-gnu",
                libc: "/usr/aarch64-linux-gnu/lib/libc.a",
                libc_package: "libc6-dev-arm64-cross",
            },
            Self::Riscv64 => Cross {
                linker: "riscv64-linux-gnu-gcc",
                package: "gcc-riscv64-linux-gnu",
                libc: "/usr/riscv64-linux-gnu/lib/libc.a",
                libc_package: "libc6-dev-riscv64-cross",
            },
            Self::S390 => Cross {
                linker: "s390x-linux-gnu-gcc",
                package: "gcc-s390x-linux-gnu",
                libc: "/usr/s390x-linux-gnu/lib/libc.a",
                libc_package: "libc6-dev-s390x-cross",
            },
            Self::Arm => Cross {
                linker: "arm-linux-gnueabihf-gcc",
                package: "gcc-arm-linux-gnueabihf",
                libc: "/usr/arm-linux-gnueabihf/lib/libc.a",
                libc_package: "libc6-dev-armhf-cross",
            },
        })
    }

    /// What emulates it.
    pub(crate) fn emulator(self) -> Emulator {
        let (program, packages): (_, &[&str]) = match self {
            Self::X86_64 => ("qemu-system-x86_64", &["qemu-system-x86"]),
            Self::Arm64 => ("qemu-system-aarch64", &["qemu-system-arm"]),
            Self::Arm => ("qemu-system-arm", &["qemu-system-arm"]),
            Self::Riscv64 => ("qemu-system-riscv64", &["qemu-system-misc", "opensbi"]),
            Self::S390 => ("qemu-system-s390x", &["qemu-system-misc"]),
        };
        Emulator { program, packages }
    }

    /// The machine that its guests are, as QEMU takes it: of what a kind, and, where it is always
    /// emulated, with which processor. Older processors than QEMU's best are quicker to emulate.
    pub(crate) fn machine(self) -> &'static [&'static str] {
        match self {
            Self::X86_64 => &["-machine", "microvm,acpi=off"],
            Self::Arm64 => &["-machine", "virt", "-cpu", "cortex-a57"],
            Self::Riscv64 => &["-machine", "virt", "-cpu", "rv64"],
            Self::S390 => &["-machine", "s390-ccw-virtio", "-cpu", "max"],
            Self::Arm => &["-machine", "virt", "-cpu", "cortex-a15"],
        }
    }

    /// What QEMU gives such a machine as its port `index`, on the character device `portINDEX`: 0
    /// is that of the kernel's log, 1 that of the results. Only a PC has two of one kind.
    pub(crate) fn port(self, index: usize) -> Vec<String> {
        let device = |device: String| vec!["-device".to_owned(), device];
        match (self, index) {
            (Self::X86_64, _) => device(format!("isa-serial,index={index},chardev=port{index}")),
            (_, 0) => vec!["-serial".to_owned(), "chardev:port0".to_owned()],
            (Self::S390, _) => [
                device("virtio-serial-ccw".to_owned()),
                device(format!("virtserialport,chardev=port{index}")),
            ]
            .concat(),
            (_, _) => [
                device("virtio-serial-device".to_owned()),
                device(format!("virtserialport,chardev=port{index}")),
            ]
            .concat(),
        }
    }

    /// What its kernel is told, beside what every kernel is.
    ///
    /// `results` is no word of the kernel's, and so becomes a variable of PID 1's: where port 1 is.
    ///
    /// A PC's guest that panics reboots by a triple fault: without ACPI the other ways to reboot are
    /// tried for three seconds. The check whether the timer is wired to the IO-APIC fails at random
    /// under emulation, and panics. Without five-level page tables, KASAN knows what is memory also
    /// while the kernel looks for the features of its first processor: it forgets meanwhile that it
    /// has them, and an interrupt may come.
    pub(crate) fn command_line(self) -> &'static str {
        match self {
            Self::X86_64 => "console=ttyS0 results=/dev/ttyS1 reboot=t no_timer_check no5lvl",
            Self::Arm64 | Self::Arm => "console=ttyAMA0 results=/dev/vport0p1",
            Self::Riscv64 => "console=ttyS0 results=/dev/vport0p1",
            Self::S390 => "console=ttysclp0 results=/dev/vport0p1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn a_name_is_the_same_everywhere() {
        for arch in Arch::value_variants() {
            let value = arch.to_possible_value().unwrap();
            assert_eq!(value.get_name(), arch.name());
            let text = format!("\"{}\"", arch.name());
            let read: Arch = serde_json::from_str(&text).unwrap();
            assert_eq!(read, *arch);
        }
    }
}
