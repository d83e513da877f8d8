import pytest

from program import Assay


@pytest.fixture
def assay(tmp_path):
    return Assay(tmp_path)
