// SPDX-License-Identifier: MIT OR Apache-2.0

//! The smallest guest that shows a kernel could run: from the reset vector into long mode, with
//! paging, to one write of a port that ends QEMU.
//!
//! Real mode alone would not do. There are hosts whose KVM emulates that and never gets to run a
//! 64-bit kernel, and others whose KVM interprets the kernel's instructions one by one, a hundred
//! times as slowly as QEMU. So it also does some work, which takes a processor a few hundredths of
//! a second.

use std::arch::global_asm;

/// The size of the image: the last 64 KiB below 4 GiB, and again below 1 MiB.
const SIZE: usize = 0x1_0000;

/// What the guest writes to QEMU's `isa-debug-exit` device when it gets there. An odd number
/// other than QEMU's own 1 comes out.
const TOKEN: i32 = 0x2a;

/// How many numbers the guest adds up in memory.
const WORK: u64 = 1 << 24;

/// QEMU's exit status when the guest ran; the device makes it from the token.
pub(super) const RAN: i32 = (TOKEN << 1) | 1;

// Assembled into read-only data of this program, never run by it. It ends at the reset vector,
// 16 bytes below the end of the image, and so is padded to fill the last 512 bytes.
global_asm!(
    ".pushsection .rodata.connector_probe, \"a\"",
    ".globl connector_probe_start, connector_probe_end",
    "connector_probe_start:",
    // The low copy of the image is at 0xf0000; what follows is in its last 512 bytes.
    ".set base, 0xffe00",
    "gdt:",
    ".quad 0",
    ".quad 0x00cf9a000000ffff", // 0x08: 32-bit code
    ".quad 0x00cf92000000ffff", // 0x10: data
    ".quad 0x00af9a000000ffff", // 0x18: 64-bit code
    "gdt_pointer:",
    ".word gdt_pointer - gdt - 1",
    ".long base",
    ".code16",
    "real:",
    "cli",
    // Offsets within the segment, whose base after a reset is that of the high copy.
    "lgdtl %cs:(0xfe00 + gdt_pointer - gdt)",
    "movl %cr0, %eax",
    "orb $1, %al",
    "movl %eax, %cr0",
    "ljmpl $0x08, $(base + protected - gdt)",
    ".code32",
    "protected:",
    "movw $0x10, %ax",
    "movw %ax, %ds",
    // The first 2 MiB map to themselves; the rest of the tables is zero, as new memory is.
    "movl $0x2003, 0x1000",
    "movl $0x3003, 0x2000",
    "movl $0x0083, 0x3000",
    "movl $0x1000, %eax",
    "movl %eax, %cr3",
    "movl %cr4, %eax",
    "orl $0x20, %eax", // physical address extension
    "movl %eax, %cr4",
    "movl $0xc0000080, %ecx",
    "rdmsr",
    "orl $0x100, %eax", // long mode
    "wrmsr",
    "movl %cr0, %eax",
    "orl $0x80000000, %eax", // paging
    "movl %eax, %cr0",
    "ljmpl $0x18, $(base + long - gdt)",
    ".code64",
    "long:",
    // A sum in memory, through the page tables: 1 + … + WORK.
    "movl ${work}, %ecx",
    "movq $0, 0x8000",
    "2:",
    "addq %rcx, 0x8000",
    "loop 2b",
    "movabsq ${sum}, %rax",
    "cmpq %rax, 0x8000",
    "jne 3f",
    "movb ${token}, %al",
    "outb %al, $0xf4",
    "3:",
    "hlt",
    "jmp 3b",
    ".org connector_probe_start + 0x1f0, 0xf4",
    ".code16",
    "jmp real", // the reset vector
    ".org connector_probe_start + 0x200, 0xf4",
    "connector_probe_end:",
    ".code64",
    ".popsection",
    token = const TOKEN,
    work = const WORK,
    sum = const WORK * (WORK + 1) / 2,
    options(att_syntax),
);

unsafe extern "C" {
    static connector_probe_start: u8;
    static connector_probe_end: u8;
}

/// The image, as QEMU's `-bios` takes it.
pub(super) fn image() -> Vec<u8> {
    let start = &raw const connector_probe_start;
    let length = (&raw const connector_probe_end).addr() - start.addr();
    // SAFETY: the two symbols are the bounds of one block of initialised read-only data, laid out
    // above in one section, and nothing ever writes to it.
    let code = unsafe { std::slice::from_raw_parts(start, length) };
    let mut image = vec![0; SIZE - code.len()];
    image.extend_from_slice(code);
    image
}
