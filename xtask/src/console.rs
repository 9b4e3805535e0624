// SPDX-License-Identifier: MIT OR Apache-2.0

//! From the bytes of a serial port to lines, however they are split on the way.

/// Collects bytes until a line is whole.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Takes what came and hands out each line that is whole now, without its line break.
    ///
    /// Bytes that are no UTF-8 are replaced; a carriage return before the line break is dropped,
    /// as the kernel's console writes one.
    pub(crate) fn push(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if self.partial.ends_with(b"\n") {
                line(text(&self.partial));
                self.partial.clear();
            }
        }
    }

    /// What is left when nothing more comes: a line that was cut, if any.
    pub(crate) fn finish(self) -> Option<String> {
        (!self.partial.is_empty()).then(|| text(&self.partial))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end_matches(['\r', '\n'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = "KTAP version 1\r\n1..2\nok 1 größe\n\nok 2 c".as_bytes();

    fn lines_of(chunk: usize) -> (Vec<String>, Option<String>) {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        for bytes in STREAM.chunks(chunk) {
            lines.push(bytes, |line| seen.push(line));
        }
        (seen, lines.finish())
    }

    #[test]
    fn every_way_to_split_the_stream_gives_the_same_lines() {
        let (whole, cut) = lines_of(STREAM.len());
        assert_eq!(whole, ["KTAP version 1", "1..2", "ok 1 größe", ""]);
        assert_eq!(cut.as_deref(), Some("ok 2 c"));
        for chunk in 1..STREAM.len() {
            assert_eq!(lines_of(chunk), (whole.clone(), cut.clone()), "{chunk}");
        }
    }

    #[test]
    fn nothing_is_cut_from_a_stream_that_ends_with_a_line() {
        let mut lines = Lines::default();
        lines.push(b"whole\n", drop);
        assert_eq!(lines.finish(), None);
    }
}
