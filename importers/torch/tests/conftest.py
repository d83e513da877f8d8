import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "tests/e2e"), str(ROOT / "importers/torch")]

from program import Assay  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the tests marked `full` too: further architectures")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full only")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        items[:] = [item for item in items if "full" not in item.keywords]


class Importing(Assay):
    """The program, with the modules beside this file among what a user can import."""

    def __init__(self, folder):
        super().__init__(folder)
        self.environment["PYTHONPATH"] = str(Path(__file__).parent)
        self.folder = folder

    def imported(self, kind, source, *words):
        """The document of `assay import`, whose file is self.folder/model.onnx."""
        done = self("import", kind, source, "-o", self.folder / "model.onnx", "--json", *words)
        assert done.code == 0, done.err
        return done.document | {"said": done.err}

    def verdicts(self, *words):
        """By contestant, what the gate says of the file."""
        done = self("judge", "-m", self.folder / "model.onnx", "--size", "full", "-f", "onnxruntime/default", "-f", "pytorch/eager", "--json", *words)
        return {result["contestant"].split("@")[0]: result["verdict"] for result in done.document["results"]}


EXACT = {"onnxruntime/default": "exact", "pytorch/eager": "exact"}


@pytest.fixture
def assay(tmp_path):
    return Importing(tmp_path)
