"""The pipe to the core: one JSON object a line.

`take_standard_streams` must run before the framework is imported. It keeps the pipe's two descriptors for itself, points 0 at
/dev/null and 1 at 2, so that whatever a library prints lands in the runner's stderr.
"""

import json
import os

PROTOCOL_VERSION = 2


class Channel:
    """Reads requests from one descriptor and writes replies to another. Owns both."""

    def __init__(self, read_fd, write_fd):
        self._reader = os.fdopen(read_fd, "rb")
        self._writer = os.fdopen(write_fd, "wb")

    def read_line(self):
        """The next line without its end, or None at the end of input."""
        line = self._reader.readline()
        return line.rstrip(b"\r\n") if line else None

    def write(self, message):
        """Writes one object as one line. Non-finite numbers are no JSON and raise ValueError."""
        self._writer.write(json.dumps(message, allow_nan=False).encode() + b"\n")
        self._writer.flush()


def take_standard_streams():
    """Makes descriptors 0 and 1 the channel's own; afterwards 0 is /dev/null and 1 is 2. Returns the Channel."""
    read_fd, write_fd = os.dup(0), os.dup(1)  # not inherited by child processes (PEP 446)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return Channel(read_fd, write_fd)
