"""A neighbour that eats one CPU, so that the proof also says what happens on a busy machine."""

import contextlib
import subprocess
import sys


@contextlib.contextmanager
def beside(wanted):
    """While the block runs, one process computes for nothing at normal priority; without `wanted` nothing happens."""
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
