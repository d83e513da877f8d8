"""What there is to test: frameworks and folders with Python tests are found by looking, and each folder's interpreter."""

import fcntl
import functools
import hashlib
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

from lint import cache_dir

ROOT = Path(__file__).resolve().parent.parent

SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def manifests():
    for path in sorted(ROOT.glob("frameworks/*/framework.toml")):
        yield path.parent, tomllib.loads(path.read_text())


def frameworks():
    """Names of the frameworks that have something to set up and are not hidden."""
    return [folder.name for folder, manifest in manifests() if manifest.get("build") and not manifest.get("hidden")]


@functools.lru_cache(maxsize=None)
def variants_here(program):
    """Names of the variants that can run on some device of this machine, set up or not."""
    done = subprocess.run([str(program), "check", "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return {row["contestant"].split("@")[0] for row in json.loads(done.stdout)["contestants"] if row["state"] != "cannot run here"}


def hidden_variants(program, framework):
    """Those that only run when they are named, have a build, and a device here: tested as all others."""
    manifest = next(manifest for folder, manifest in manifests() if folder.name == framework)
    names = [f"{framework}/{variant['name']}" for variant in manifest["variant"] if variant.get("hidden") and variant.get("build")]
    return [name for name in names if name in variants_here(program)]


def contestants():
    """(name, the manifest's table) of the variants that take part on a CPU without being named, whatever the model."""
    for _, manifest in manifests():
        shown = [] if manifest.get("hidden") else [variant for variant in manifest["variant"] if not variant.get("hidden") and variant.get("model") != "original"]
        yield from ((f"{manifest['name']}/{variant['name']}", variant) for variant in shown if "cpu" in variant.get("devices", ["cpu"]))


def compiles(variant):
    """Whether it compiles whenever a model is loaded: then it needs a program to do so."""
    return any(need.startswith("program:") for need in variant.get("needs", []))


def given_the_graph():
    """The contestants of which a mistake in the graph makes wrong ones: not those that know the model by themselves (a GGUF file has no graph),
    nor those for which each mistake is a compilation."""
    return [name for name, variant in contestants() if variant.get("model") != "gguf" and not compiles(variant)]


def quickest_in_python():
    """The framework with a runner in Python that is set up soonest."""
    known = [manifest for _, manifest in manifests() if manifest["language"] == "Python" and manifest.get("build") and not manifest.get("hidden")]
    return min(known, key=lambda manifest: sum(build["minutes"] for build in manifest["build"]))["name"]


def answering_requests():
    """The variants that answer whole requests, and compile nothing at run time."""
    return [name for name, variant in contestants() if variant.get("generates") and not compiles(variant) and not variant.get("hidden")]


def takers_of_files():
    """The variants that run a user's own file as it stands."""
    return [f"{manifest['name']}/{variant['name']}" for _, manifest in manifests() for variant in manifest["variant"] if variant.get("model") == "original"]


def framework_of(folder):
    """The framework whose packages the tests need: in whose folder they lie, or that of an importer; or None."""
    top, *rest = folder.relative_to(ROOT).parts
    importer = ROOT / top / rest[0] / "importer.toml" if top == "importers" else None
    if importer and importer.exists():
        return tomllib.loads(importer.read_text())["framework"]
    return rest[0] if top == "frameworks" and rest[0] in frameworks() else None


def has_full_size(folder):
    """Whether the tests of a folder run at the models' full size too when ./test is given --full."""
    conftest = folder / "conftest.py"
    return conftest.exists() and '"--full"' in conftest.read_text()


def pytest_folders():
    """(folder, framework or None) of every folder with Python tests. What is in a hidden framework is tested by whoever names it."""
    hidden = {folder for folder, manifest in manifests() if manifest.get("hidden") and manifest.get("build")}
    roots = [ROOT / "tests", ROOT / "sdk", ROOT / "frameworks", ROOT / "importers", ROOT / "bench", ROOT / "docs"]
    files = [file for root in roots for file in root.rglob("test_*.py") if not hidden & set(file.parents)]
    return [(folder, framework_of(folder)) for folder in sorted({file.parent for file in files})]


def crates():
    """Folders of the Rust crates: SDKs and frameworks with a Cargo.toml."""
    return [path.parent for kind in ("sdk", "frameworks") for path in sorted(ROOT.glob(f"{kind}/*/Cargo.toml"))]


@functools.lru_cache(maxsize=None)
def build_folders(program, framework):
    """The folders of a framework's builds; empty when it cannot be set up."""
    done = subprocess.run([str(program), "setup", "--json", framework], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return [Path(build["directory"]) for build in json.loads(done.stdout)["builds"] if build["ready"]]


def interpreter(program, framework, tools):
    """The Python of a framework's environment, or of the tools' when there is no framework or it has no Python."""
    if framework is None:
        return tools / "bin/python"
    folders = build_folders(program, framework)
    if not folders:
        raise RuntimeError(f"{framework} is not set up: assay setup {framework}")
    found = [python for folder in folders for pattern in ("bin/python", "*/bin/python") for python in sorted(folder.glob(pattern))]
    return found[0] if found else tools / "bin/python"


def onnx_node_tests(tools):
    """The folder with the ONNX standard's node tests, generated once for each version of the generator and of the tools; who else wants it waits."""
    generator = ROOT / "tests/onnx_nodes/generate.py"
    key = hashlib.sha256(generator.read_bytes() + tools.name.encode()).hexdigest()[:16]
    folder = cache_dir() / f"onnx-node-tests-{key}"
    with open(cache_dir() / "onnx-node-tests.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            subprocess.run([tools / "bin/python", generator, part], check=True, stdin=subprocess.DEVNULL)
            part.rename(folder)
    return folder
