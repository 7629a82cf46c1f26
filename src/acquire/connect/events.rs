//! Server-sent events, as far as replies to requests need them: data by event, byte after byte.

/// Longest event, bytes.
const LONGEST: usize = 32 << 20;

/// Takes a stream apart as it arrives.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    is_begun: bool,
    after_return: bool,
}

impl Events {
    /// Takes more of the stream and gives the data of every event that it completes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut complete = Vec::new();
        for &byte in bytes {
            let follows = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if follows => {}
                b'\n' | b'\r' => complete.extend(self.end_line()),
                _ if self.line.len() + self.data.len() < LONGEST => self.line.push(byte),
                _ => {}
            }
        }
        complete
    }

    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let is_begun = std::mem::take(&mut self.is_begun);
            let data = std::mem::take(&mut self.data);
            return is_begun.then_some(data);
        }
        let value = line.strip_prefix(b"data")?;
        let value = match value {
            [] => value,
            [b':', b' ', rest @ ..] | [b':', rest @ ..] => rest,
            _ => return None,
        };
        if self.is_begun {
            self.data.push(b'\n');
        }
        self.is_begun = true;
        self.data.extend_from_slice(value);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&str]) -> Vec<String> {
        let mut events = Events::default();
        let complete = chunks.iter().flat_map(|chunk| events.take(chunk.as_bytes()));
        complete.map(|data| String::from_utf8(data).unwrap()).collect()
    }

    #[test]
    fn takes_streams_apart() {
        for (chunks, expected) in [
            (&["data: a\n\n"][..], &["a"][..]),
            (&["data:a\r\n\r\n"], &["a"]),
            (&["data: a\r", "\rdata: b\n\n"], &["a", "b"]),
            (&["da", "ta: a\ndata: b", "\n", "\n"], &["a\nb"]),
            (&[": ping\n\nevent: message\nid: 1\ndata: {}\n\n"], &["{}"]),
            (&["data\n\n"], &[""]),
            (&["data: unfinished"], &[]),
            (&["database: x\n\n"], &[]),
            (&["\n\n\n"], &[]),
        ] {
            assert_eq!(events(chunks), expected, "{chunks:?}");
        }
    }

    #[test]
    fn keeps_no_more_than_an_event_may_have() {
        let mut events = Events::default();
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            assert_eq!(events.take(&chunk), Vec::<Vec<u8>>::new());
        }
        assert!(events.line.len() <= LONGEST);
    }
}
