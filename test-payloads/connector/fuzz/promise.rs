// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the parsers promise for whatever bytes arrive: shared by the fuzz target and by a test that
//! runs its corpus.

use connector::process::Event;
use connector::{Acknowledgement, Datagram};

/// Panics if a promise is broken: nothing that arrives makes a parser panic, and what is understood
/// goes back over the wire byte for byte.
pub(crate) fn holds_for(bytes: &[u8]) {
    // Whatever it makes of it.
    let _ = Acknowledgement::decode(bytes);
    let Ok(datagram) = Datagram::decode(bytes) else {
        return;
    };
    let encoded = datagram.encode().expect("what was decoded can be encoded");
    assert_eq!(bytes.get(..encoded.len()), Some(&encoded[..]));
    for message in &datagram.messages {
        let Some(event) = Event::decode(&message.data) else {
            continue;
        };
        // An acknowledgement is of no kind and about nobody; all others are of one.
        assert_eq!(event.what.kind().is_empty(), message.data[..4] == [0; 4]);
        if event.what.subject().is_some() {
            assert!(!event.what.kind().is_empty(), "{event:?}");
        }
    }
}
