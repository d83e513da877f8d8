"""Fidelity: the graphs in src/models against the models' own public implementation, with the same weights.

`pytest frameworks/pytorch/tests/fidelity` runs the tiny sizes; `--full` adds SmolLM2 135M at full size. The program is taken from $ASSAY_BINARY, or else
from the build folders of CMakePresets.json.
"""

import os
from pathlib import Path

import pytest
from program import Program

ROOT = Path(__file__).resolve().parents[4]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="also at full size (minutes, gigabytes), and the tests marked `full`: further lengths and inputs")
    parser.addoption("--full-families", action="store_true",
                     help="the models of families.py at full size instead of tiny (minutes, up to 20 GB)")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full only")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        items[:] = [item for item in items if "full" not in item.keywords]


def pytest_generate_tests(metafunc):
    if "model" not in metafunc.fixturenames:
        return
    cases = [(name, "tiny") for name in ("smollm2-135m", "smollm2-360m", "smollm2-1.7b")]
    if metafunc.config.getoption("--full", default=False):
        cases.append(("smollm2-135m", "full"))
    metafunc.parametrize("model", cases, ids="-".join, scope="session")


def _binary():
    named = os.environ.get("ASSAY_BINARY")
    candidates = [Path(named)] if named else sorted(ROOT.glob("build*/**/assay"))
    return next((path for path in candidates if os.access(path, os.X_OK) and path.is_file()), None)


@pytest.fixture(scope="session")
def program():
    binary = _binary()
    if binary is None:
        pytest.skip("the program assay is not built: set ASSAY_BINARY")
    return Program(binary)


@pytest.fixture(scope="session")
def exported(program, tmp_path_factory):
    """exported(model, workload) -> the folder of its files, made once."""
    folders = {}

    def get(model, workload):
        if (model, workload) not in folders:
            folder = tmp_path_factory.mktemp("-".join(model) + "-" + workload)
            folders[model, workload] = program.export(*model, workload, folder)
        return folders[model, workload]

    return get


@pytest.fixture(scope="module")
def ours(program, tmp_path_factory):
    """ours(folder) -> (the outputs of a checkpoint's inference in float64, the ids of its input)."""
    from changed_configs import Ours  # after torch is known to be there
    return Ours(program, tmp_path_factory)
