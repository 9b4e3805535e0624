// SPDX-License-Identifier: MIT OR Apache-2.0

//! The core as a module that is loaded and unloaded while senders do not stop.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use connector::{Id, Message, Socket};
use nix::errno::Errno;

use crate::ktap::{Group, Test, Transcript};
use crate::modules::Module;

pub(crate) const GROUP: Group = Group {
    name: "loading",
    tests: &[Test::new("senders-do-not-wait-for-it", raced)],
};

/// How long the core is loaded and unloaded.
const TIME: Duration = Duration::from_secs(10);

/// Sends to nobody as soon as there is a core, and lets it go again, until `done`.
fn send_until(done: &AtomicBool, sent: &AtomicU32) -> Result<()> {
    let message = Message::new(Id::new(22, 1), 1, 1, []);
    while !done.load(Ordering::Relaxed) {
        match Socket::open(&[]) {
            Ok(socket) => {
                socket.send(&message)?;
                sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) if error.errno() == Some(Errno::EPROTONOSUPPORT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn raced(_: &mut Transcript) -> Result<()> {
    let (done, sent) = (AtomicBool::new(false), AtomicU32::new(0));
    let mut loads = 0_u32;
    thread::scope(|scope| -> Result<()> {
        let senders = [(); 3].map(|()| scope.spawn(|| send_until(&done, &sent)));
        let end = Instant::now() + TIME;
        let mut outcome = Ok(());
        while outcome.is_ok() && Instant::now() < end {
            let core = Module::load("cn")?;
            loads += 1;
            // A sender may hold it.
            outcome = unload(core);
        }
        done.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.join().map_err(|_| anyhow!("a sender panicked"))??;
        }
        outcome
    })?;
    eprintln!("{loads} loads, {} sent", sent.load(Ordering::Relaxed));
    ensure!(sent.into_inner() > 0, "nobody sent anything");
    Ok(())
}

/// Unloads the core when no sender holds it.
fn unload(core: Module) -> Result<()> {
    let name = core.give_up();
    let name = std::ffi::CString::new(name)?;
    loop {
        match nix::kmod::delete_module(&name, nix::kmod::DeleteModuleFlags::O_NONBLOCK) {
            Ok(()) => return Ok(()),
            Err(Errno::EWOULDBLOCK) => {}
            Err(e) => return Err(e.into()),
        }
    }
}
