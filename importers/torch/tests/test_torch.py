"""`assay import torch`: functions that make modules, and files of torch.export.save."""

import functools
import subprocess
from pathlib import Path

import example_models
import pytest
import torch
from conftest import EXACT, Importing

LINE = next(number for number, text in enumerate(Path(example_models.__file__).read_text().splitlines(), 1) if "if x.sum() > 0" in text)


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """How the import of a function ends, each once, and whether there is a file."""
    @functools.cache
    def refused(function):
        assay = Importing(tmp_path_factory.mktemp(function))
        return assay("import", "torch", f"example_models:{function}", "-o", assay.folder / "model.onnx"), (assay.folder / "model.onnx").exists()
    return refused


def test_a_function_that_makes_a_module(assay):
    made = assay.imported("torch", "example_models:cnn", "--dim", "batch=2")
    assert made["operators"] == {"Conv": 1, "Relu": 1, "ReduceMean": 1, "Linear": 1}
    assert made["precision"] == "float64" and made["difference"] < 1e-6
    assert made["command"] == f"assay run -m {assay.folder / 'model.onnx'}"
    assert assay.verdicts() == EXACT


def test_a_transformer_keeps_its_operators(assay):
    made = assay.imported("torch", "example_models:transformer")
    found = {name: made["operators"].get(name) for name in ("Attention", "LayerNormalization", "RMSNormalization", "Gelu", "Swish", "Linear")}
    assert found == {"Attention": 2, "LayerNormalization": 2, "RMSNormalization": 2, "Gelu": 4, "Swish": 2, "Linear": 8}, made["operators"]
    assert made["difference"] < 1e-12  # nothing in it is rounded to float32
    assert assay.verdicts() == EXACT


def test_attention_by_hand_is_put_together(assay):
    assert assay.imported("torch", "example_models:attention")["operators"] == {"Attention": 1}


def test_weights_that_are_too_many_lie_beside_the_file(assay):
    made = assay.imported("torch", "example_models:large")
    data = assay.folder / "model.onnx.data"
    assert data.stat().st_size >= 64 * 64 * 4 and made["bytes"] == data.stat().st_size + (assay.folder / "model.onnx").stat().st_size
    assert assay("graph", assay.folder / "model.onnx").code == 0


def test_a_file_of_torch_export_with_an_open_dimension(assay, tmp_path):
    module, (image,) = example_models.cnn(2)
    program = torch.export.export(module.eval(), (image,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, tmp_path / "cnn.pt2")
    done = subprocess.run(assay.command("import", "torch", "cnn.pt2"), cwd=tmp_path, env=assay.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    command = done.stdout.splitlines()[-1].removeprefix("Measure it: assay run -m ").split()
    assert command[0] == "cnn.onnx" and command[1] == "--dim" and command[2].endswith("=2"), done.stdout
    done = assay("graph", tmp_path / "cnn.onnx", *command[1:])
    assert done.code == 0, done.err
    assert assay("graph", tmp_path / "cnn.onnx").code == 2  # without the size


def test_modules_of_the_folder_that_one_is_in(assay, tmp_path):
    (tmp_path / "own.py").write_text("from example_models import cnn\n")
    del assay.environment["PYTHONPATH"]
    done = subprocess.run(assay.command("import", "torch", "own:cnn"), cwd=tmp_path, env=assay.environment, capture_output=True, text=True)
    assert done.returncode == 2 and "own needs the package example_models" in done.stderr and "--python PATH" in done.stderr, done.stderr


@pytest.mark.parametrize("function, said", [
    ("drifting", "its ONNX file does not compute what PyTorch does: mul is off by"),
    ("branch", "torch.export cannot capture it: GuardOnDataDependentSymNode: Could not guard on data-dependent expression"),
    ("branch", f"(in example_models.py, line {LINE}: return x + 1 if x.sum() > 0 else x - 1)"),
    ("chosen", "as an ONNX file: 1 of its operators cannot be computed here: NonZero"),
])
def test_what_cannot_be_imported_is_said_in_a_line(refusals, function, said):
    done, written = refusals(function)
    assert done.code == 4 and said in done.err and done.err.count("\n") == 1 and not written, done.err


def test_its_environment_is_kept(assay):
    removed = [item["path"] for item in assay("clean", "--dry-run", "--json").document["items"] if item["kind"] == "old build"]
    assert not [path for path in removed if "/torch-importer/" in path], removed


def test_the_file_must_be_one_that_the_other_commands_know(assay):
    done = assay("import", "torch", "example_models:cnn", "-o", "model.bin")
    assert done.code == 2 and "must end in .onnx" in done.err


def test_a_python_of_ones_own_must_have_what_is_needed(assay):
    done = assay("import", "torch", "example_models:cnn", "--python", "/usr/bin/env")
    assert done.code in (2, 4), done.err
    done = assay("import", "torch", "example_models:cnn", "--python", "/no/such/python")
    assert done.code == 2 and "--python /no/such/python: there is no such program" in done.err
