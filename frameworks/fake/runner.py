"""A framework that does not exist, for tests of Assay: `runner.py VARIANT` is honest, lies, breaks or escapes (honest.py,
liars.py, repeats.py, delays.py, faults.py, escapes.py, crowds.py)."""

import sys

import crowds
import delays
import escapes
import faults
import honest
import liars
import repeats
from serve import Pipe, serve

VARIANTS = {**honest.VARIANTS, **liars.VARIANTS, **repeats.VARIANTS, **delays.VARIANTS, **faults.VARIANTS, **escapes.VARIANTS, **crowds.VARIANTS}


def main():
    runner = VARIANTS[sys.argv[1]]()
    runner.pipe = Pipe()
    serve(runner, runner.pipe)


if __name__ == "__main__":
    main()
