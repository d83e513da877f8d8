"""The two sides of a comparison: our runner as runs measure it, with the files that it is given, beside another program; and the loop over blocks."""

import json
import subprocess
from pathlib import Path

import interleave
import results


def runner(arguments, framework):
    """The framework's runner as runs measure it, of its plain build; sets it up if need be."""
    done = subprocess.run([arguments.assay, "setup", "--json", framework], check=True, capture_output=True, text=True)
    first = min(json.loads(done.stdout)["builds"], key=lambda build: build["build"] != "cargo")
    return Path(first["directory"]) / "runner"


def exported(arguments, model, workload, folder, sizes=()):
    """The folder with the files that a runner is given for the workload; `sizes`: options that ask for another size of it."""
    directory = folder / "-".join([model, workload, *(word.strip("-") for word in sizes)])
    if not directory.exists():
        subprocess.run([arguments.assay, "materials", model, "--size", arguments.size, "-w", workload, *sizes, "--dir", directory], check=True)
    return directory


def inputs(directory):
    """The files of the two input sets."""
    return [str(directory / f"inputs-{index}.safetensors") for index in (0, 1)]


def side(program, arguments, directory, *, gradients=False, variant="default", device="cpu", kind=interleave.RunnerSide):
    """The runner, a program or a command as a list, with the files of a folder loaded."""
    state = directory / "state.safetensors"
    load = {"graph": str(directory / "graph.json"), "weights": str(directory / "weights.safetensors"), "onnx": None, "gguf": None,
            "state": str(state) if state.exists() else None, "gradients": gradients, "variant": variant, "device": device, "precision": "f32",
            "threads": arguments.threads, "cache": str(directory)}
    return kind(program if isinstance(program, list) else [program], {}, load, inputs(directory))


def blocks_of(case, arguments, start, chooser, folder, only=None):
    """`start()` gives the sides, of which one is "runner", by name; returns (blocks, agreement, versions). `only`: the outputs that both must
    have alike; empty where the other side has none."""
    blocks, agreement = [], None
    for index in range(arguments.blocks):
        print(f"{case}: block {index + 1} of {arguments.blocks}", flush=True)
        sides = start()
        versions = {key: value for side in sides.values() for key, value in getattr(side, "versions", {}).items()}
        versions["runner"] = sides["runner"].description["version"]
        if agreement is None and only != set():
            agreement = results.agreement(sides, folder, only)
        blocks.append(interleave.block(sides, arguments.rounds, chooser, lambda line: print("  " + line, flush=True)))
    return blocks, agreement, versions
