"""What is typed wrong is answered with the nearest right thing and exit code 2; what is damaged, with one line that names it."""

import json
import struct

import pytest
from program import own_cache
from suites import contestants, frameworks, quickest_in_python

FRAMEWORK = quickest_in_python()
CONTESTANT, VARIANT = next((name, name.split("/")[1]) for name, _ in contestants() if name.split("/")[0] == FRAMEWORK)
TINY = ["-m", "smollm2-135m", "--size", "tiny"]


@pytest.mark.parametrize("arguments, hint", [
    (["run", "-m", "smolm2-135m"], "smollm2-135m"),
    (["run", *TINY, "-f", FRAMEWORK[:-1]], FRAMEWORK),
    (["run", *TINY, "-f", CONTESTANT[:-2] + CONTESTANT[:-3:-1]], VARIANT),
    (["run", *TINY, "--round", "3"], "--rounds"),
    (["run", *TINY, "-w", "inferenc"], "inference"),
    (["run", *TINY, "--budget", "soon"], "15m"),
    (["run", *TINY, "--budget", "nan"], "15m"),
    (["run", *TINY, "--budget", "inf"], "15m"),
    (["run", *TINY, "--deadline", "nan"], "15m"),
    (["run", *TINY, "--deadline", "1e300h"], "15m"),
    (["run", *TINY, "--memory-limit", "nanG"], "12G"),
    (["run", *TINY, "--memory-limit", "infG"], "12G"),
    (["run", *TINY, "--target", "nan"], "number"),
    (["run", *TINY, "--target", "inf"], "number"),
    (["run", *TINY, "--size", "huge"], "tiny"),
    (["run", *TINY, "--all", "-f", FRAMEWORK], "--all"),
    (["rnu"], "run"),
    (["setup", FRAMEWORK[:-1]], FRAMEWORK),
    (["graph", "smollm2"], "smollm2-135m"),
    (["show", "20200101-none"], "assay show"),
])
def test_a_wrong_name_gets_the_nearest_ones(assay, arguments, hint):
    done = assay(*arguments)
    assert done.code == 2, done.err
    assert hint in done.err and done.out == ""


def test_a_framework_that_is_not_set_up_says_how(assay, tmp_path):
    done = assay("run", *TINY, "-w", "inference", "-f", FRAMEWORK, "--json", **own_cache(tmp_path))
    result = done.result(CONTESTANT)
    assert result["outcome"] == "unsupported" and result["reason_code"] == "not_set_up"
    assert f"assay setup {FRAMEWORK}" in result["reason"]


def test_all_is_every_framework(assay, tmp_path):
    cache = own_cache(tmp_path)

    def asked(*more):
        results = json.loads(assay("run", *TINY, "-w", "inference", "--json", *more, **cache).out)["results"]
        return {result["contestant"].split("/")[0] for result in results}

    assert asked("--all") == set(frameworks())
    assert asked() < set(frameworks()), "those that are set up in minutes"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["graph", "--help"], ["setup", "--help"], ["--version"]])
def test_help_goes_to_standard_output(assay, arguments):
    done = assay(*arguments)
    assert done.code == 0 and done.out and not done.err


@pytest.mark.parametrize("command", [["list"], ["check"], ["show"], ["graph", "smollm2-135m"]])
def test_every_command_speaks_json(assay, command):
    done = assay(*command, "--json")
    assert done.code == 0, done.err
    json.loads(done.out)


def exported(assay, tmp_path):
    folder = tmp_path / "materials"
    assert assay("materials", "smollm2-135m", "--size", "tiny", "--dir", folder).code == 0
    return folder / "weights.safetensors"


def header_of(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


def write(path, header, body):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def damage(kind, path):
    header, body = header_of(path)
    name = next(key for key in header if key != "__metadata__")
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "missing":
        del header[name]
        write(path, header, body)
    elif kind == "misshaped":
        header[name]["shape"] = [*header[name]["shape"][::-1], 1]
        write(path, header, body)
    elif kind == "overlapping":
        names = [key for key in header if key != "__metadata__"]
        header[names[1]]["data_offsets"] = header[names[0]]["data_offsets"]
        header[names[1]]["shape"] = header[names[0]]["shape"]
        write(path, header, body)
    return path.name


@pytest.mark.parametrize("kind", ["truncated", "missing", "misshaped", "overlapping"])
def test_damaged_weights_are_named_in_one_line(assay, tmp_path, kind):
    path = exported(assay, tmp_path)
    copy = tmp_path / "damaged.safetensors"
    copy.write_bytes(path.read_bytes())
    damage(kind, copy)
    done = assay("run", *TINY, "-w", "inference", "-f", "fake/honest", "--weights", copy)
    assert done.code == 4
    message = [line for line in done.err.splitlines() if "damaged.safetensors" in line]
    assert len(message) == 1, done.err


def test_without_a_model_a_workload_means_one_model_of_each_family(assay):
    document = assay("run", "--size", "tiny", "-w", "training", "-f", "fake/unsupported", "--rounds", 1, "--json").document
    assert {(result["model"], result["workload"]) for result in document["results"]} == {
        (model, "training") for model in ("smollm2-135m", "resnet-50", "sd15-unet", "smolvla-expert", "whisper-tiny")}, "minilm-l6 has no training"


def test_weights_without_a_model_are_those_of_the_default_one(assay, tmp_path):
    assay("materials", "smollm2-135m", "--size", "tiny", "-w", "training", "--dir", tmp_path / "given")
    document = assay("run", "--size", "tiny", "-w", "training", "-f", "fake/unsupported", "--weights", tmp_path / "given/weights.safetensors",
                     "--rounds", 1, "--json").document
    assert [result["model"] for result in document["results"]] == ["smollm2-135m"]
