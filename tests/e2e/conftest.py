import sys

import pytest

from program import ROOT, Assay

sys.path.append(str(ROOT / "tests"))  # suites.py, which knows the frameworks


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the liars at full size too (half an hour, 10 GB)")


def pytest_generate_tests(metafunc):
    if "size" in metafunc.fixturenames:
        sizes = ["tiny", "full"] if metafunc.config.getoption("--full") else ["tiny"]
        metafunc.parametrize("size", sizes, scope="module")


@pytest.fixture
def assay(tmp_path):
    return Assay(tmp_path)
