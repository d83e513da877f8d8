//! The pipe to the core: one JSON object a line. It is taken before the framework does anything, so that whatever a library prints lands
//! in the runner's stderr and cannot reach the protocol.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

/// What a line may have at most (docs/protocol.md).
const MOST_LINE_BYTES: u64 = 16 << 20;

pub struct Channel {
    reader: BufReader<File>,
    writer: File,
}

impl Channel {
    /// Reads from one descriptor and writes to another; owns both.
    pub fn new(reader: OwnedFd, writer: OwnedFd) -> Self {
        Self { reader: BufReader::new(reader.into()), writer: writer.into() }
    }

    /// Duplicates descriptors 0 and 1 (not inherited by child processes), points 0 at /dev/null and 1 at 2.
    pub fn take_standard_streams() -> io::Result<Self> {
        let own = |stream: &dyn AsFd| rustix::io::fcntl_dupfd_cloexec(stream.as_fd(), 3);
        let channel = Self::new(own(&io::stdin())?, own(&io::stdout())?);
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(channel)
    }

    /// The next line without its end; nothing at the end of input, or when a line is longer than the protocol allows.
    pub fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.reader.by_ref().take(MOST_LINE_BYTES + 1).read_until(b'\n', &mut line)?;
        Ok((line.pop() == Some(b'\n')).then_some(line))
    }

    /// Writes all of `line` and the end of it.
    pub fn write_line(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        self.writer.write_all(line.as_bytes())
    }
}
