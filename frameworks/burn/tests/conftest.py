"""Finds the runner that `assay setup` has built, and what drives it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "sdk/cpp/tests")]

from drive import client, runner  # noqa: E402, F401


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the tests marked `full` too: of the variant for GPUs, which takes long to build")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full only")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        items[:] = [item for item in items if "full" not in item.keywords]
