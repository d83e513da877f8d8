"""What is wrong with a source is said in one line that names it and what to do: each refusal, in this process."""

import json
from pathlib import Path

import pytest
from assay_export import from_torch
from assay_export.protocol import Refused

HERE = Path(__file__).parent


def refusal(source, directory=HERE, **sizes):
    with pytest.raises(Refused) as caught:
        from_torch.case_of({"source": source, "directory": str(directory), "sizes": sizes})
    return caught.value.kind, str(caught.value)


@pytest.mark.parametrize("source, kind, said", [
    ("example_models", "usage", "FILE.pt2 or MODULE:FUNCTION is expected"),
    ("no_such_module:make", "usage", "there is no module no_such_module in"),
    ("example_models:cnm", "usage", "module example_models has no cnm; did you mean cnn?"),
    ("example_models:torch.pi", "usage", "torch.pi is no function but a float"),
    ("example_models:failing", "data", "failing fails: ValueError: no such weights (in example_models.py, line"),
    ("example_models:nothing", "data", "it returns a int; expected is (module, args)"),
    ("none.pt2", "usage", "there is no such file"),
])
def test_a_source_that_is_none(source, kind, said):
    found = refusal(source)
    assert found[0] == kind and said in found[1], found


def test_an_argument_that_the_function_has_not():
    kind, said = refusal("example_models:cnn", bacth=2)
    assert kind == "usage" and "cnn: got an unexpected keyword argument 'bacth'" in said


def test_a_file_that_torch_export_did_not_write(tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"PK nothing")
    kind, said = refusal("model.pt2", tmp_path)
    assert kind == "data" and "torch.export.load cannot read it" in said
    (tmp_path / "model.pt").write_bytes(b"pickle")
    kind, said = refusal("model.pt", tmp_path)
    assert kind == "usage" and "only what torch.export.save wrote can be read" in said


def test_sizes_of_a_file_are_its_own(tmp_path):
    assert "--dim is for MODULE:FUNCTION" in refusal("model.pt2", tmp_path, batch=1)[1]


def test_forms_of_what_a_function_may_return(tmp_path):
    for name, count in (("cnn", 1), ("transformer", 1), ("attention", 0)):
        case = from_torch.case_of({"source": f"example_models:{name}", "directory": str(HERE), "sizes": {}})
        assert len(case.args) == count and not case.module.training
        assert json.dumps(sorted(case.kwargs)) == ('["k", "q", "v"]' if name == "attention" else "[]")
