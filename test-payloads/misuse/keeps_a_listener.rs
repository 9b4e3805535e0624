// SPDX-License-Identifier: GPL-2.0

//! Keeps the listeners that a filter sees, whose sockets may close.

use kernel::{
    net::connector::{Batch, Listener, To},
    prelude::*,
};

fn count(batch: &Batch) -> Result<usize> {
    let mut last: Option<&Listener<'_>> = None;
    batch.send_filtered(To::Registered, GFP_KERNEL, |listener| {
        last = Some(listener); //~ E0521
        true
    })?;
    Ok(usize::from(last.is_some()))
}
