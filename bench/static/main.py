"""Executables of the frameworks in Rust: how large they are, what they need of the system, and whether a static one runs where there is
nothing else.

    python3 bench/static/main.py                   every framework in Rust: builds what is missing, which takes minutes for each
    python3 bench/static/main.py NAME… --json

For each framework the runner is compiled as runs measure it, and once more with the C library within (glibc's: `-C target-feature=+crt-static`).
The static one is put into a folder with the files of one tiny model and an empty file in the place of /dev/null, that folder is made its root, and it must answer describe, load, inputs,
steps and outputs there; its outputs must be those of the other, byte for byte. Needs numpy and safetensors, and the right to
change the root, as root or in a user namespace.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/parity"))

from cargo import compiled  # noqa: E402
from interleave import RunnerSide  # noqa: E402

MODEL, WORKLOAD = "smollm2-135m", "inference"


def frameworks():
    """Names of those whose runner is compiled by Cargo."""
    paths = sorted(ROOT.glob("frameworks/*/framework.toml"))
    return [path.parent.name for path in paths if tomllib.loads(path.read_text())["language"] == "Rust"]


def static_program(framework):
    """The runner's program with the C library within, compiled now where it is not there or is older than its sources."""
    folder = Path(os.environ.get("ASSAY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay")
    host = subprocess.run(["rustc", "--print", "host-tuple"], check=True, capture_output=True, text=True).stdout.strip()
    # With a target of its own, flags are not those of build scripts, which cannot be static.
    command = ["cargo", "build", "--locked", "--config", ROOT / "sdk/rust/profiles.toml", "--profile", "release", "--target", host,
               "--message-format", "json-render-diagnostics"]
    environment = os.environ | {"RUSTFLAGS": "-C target-cpu=native -C target-feature=+crt-static", "CARGO_TARGET_DIR": str(folder / "rust-static")}
    done = subprocess.run(command, cwd=ROOT / "frameworks" / framework, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return Path([program for line in done.stdout.splitlines() if (program := json.loads(line).get("executable"))][-1])


def libraries(program):
    """Names of the shared libraries that it asks the system for."""
    done = subprocess.run(["readelf", "--dynamic", program], check=True, capture_output=True, text=True)
    return sorted(line.split("[")[1].split("]")[0] for line in done.stdout.splitlines() if "(NEEDED)" in line)


def outputs(program, folder, device, root=None):
    """The outputs of a step on the first input set, as bytes. `root`: the folder that is the program's root."""
    def seen(path):
        return str(path) if root is None else "/" + str(path.relative_to(root))

    inside = ["unshare", "--map-root-user", "chroot", root] if root else []
    state = folder / "state.safetensors"
    (folder / "cache").mkdir(exist_ok=True)
    load = {"graph": seen(folder / "graph.json"), "weights": seen(folder / "weights.safetensors"), "onnx": None, "gguf": None,
            "state": seen(state) if state.exists() else None, "gradients": False, "variant": "default", "device": device, "precision": "f32",
            "threads": 1, "cache": seen(folder / "cache")}
    side = Inside([*inside, seen(program)], load, folder, seen)
    try:
        side.steps([0])
        side.outputs(seen(folder / "outputs.safetensors"))
        return (folder / "outputs.safetensors").read_bytes()
    finally:
        side.end()


class Inside(RunnerSide):
    """A runner that may see its files under other names."""

    def __init__(self, command, load, folder, seen):
        self.seen = seen
        super().__init__(command, {}, load, [folder / "inputs-0.safetensors"])

    def call(self, method, **params):
        if method == "inputs":
            params["path"] = self.seen(Path(params["path"]))
        return super().call(method, **params)


def tried(framework, static, plain, assay):
    """What comes of the static program in an empty root: "" where it answers as the other does, else why it does not."""
    with tempfile.TemporaryDirectory(prefix="assay-static-") as scratch:
        root = Path(scratch)
        folder = root / "files"
        subprocess.run([assay, "materials", MODEL, "--size", "tiny", "-w", WORKLOAD, "--dir", folder], check=True, stdout=subprocess.DEVNULL)
        program = Path(shutil.copy(static, root / "runner"))
        (root / "dev").mkdir()
        (root / "dev/null").touch()  # what a framework prints goes there, so that it is no answer of the runner's
        device = tomllib.loads((ROOT / f"frameworks/{framework}/framework.toml").read_text())["variant"][0]["devices"][0]
        try:
            return "" if outputs(program, folder, device, root) == outputs(plain, folder, device) else "its outputs are others"
        except (RuntimeError, OSError, ValueError) as error:
            return str(error) or type(error).__name__


def of(framework, assay):
    plain = Path(compiled(ROOT / "frameworks" / framework))
    result = {"framework": framework, "bytes": plain.stat().st_size, "libraries": libraries(plain)}
    try:
        static = static_program(framework)
    except subprocess.CalledProcessError as error:
        return result | {"static_bytes": None, "fault": f"cargo ended with {error.returncode}"}
    fault = tried(framework, static, plain, assay) if not libraries(static) else "it needs " + ", ".join(libraries(static))
    return result | {"static_bytes": static.stat().st_size, "fault": fault}


def row(result):
    static = "-" if result["static_bytes"] is None else f"{result['static_bytes'] / 1e6:.1f} MB"
    return "| " + " | ".join([result["framework"], f"{result['bytes'] / 1e6:.1f} MB", ", ".join(result["libraries"]), static,
                              result["fault"] or "answers alone in a root"]) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", nargs="*", help="none: every framework in Rust")
    parser.add_argument("--assay", type=Path, default=ROOT / "build/release/assay")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = [of(framework, arguments.assay) for framework in arguments.framework or frameworks()]
    if arguments.json:
        print(json.dumps(results, indent=1))
    else:
        print("| framework | executable | libraries | static | there |\n|---|---|---|---|---|")
        print("\n".join(map(row, results)))


if __name__ == "__main__":
    main()
