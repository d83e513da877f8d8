"""A neighbour that eats one CPU, so that the proof also says what happens on a busy machine."""

import contextlib
import subprocess
import sys

# Ends by itself when whoever started it is gone, however that ended.
LOOP = "import os; parent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"


@contextlib.contextmanager
def beside(wanted):
    """While the block runs, one process computes for nothing at normal priority; without `wanted` nothing happens."""
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", LOOP])
    try:
        yield
    finally:
        process.kill()
        process.wait()
