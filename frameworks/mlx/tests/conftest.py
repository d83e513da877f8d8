"""Finds the runner that `assay setup` has built, and what drives it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "sdk/cpp/tests")]

from drive import client, runner  # noqa: E402, F401
