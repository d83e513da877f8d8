"""Sessions of `assay run` in which contestants are copies of one another, some of them slower by a known share: what the program says
of each pair, and what it should have said."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import suites  # noqa: E402

FRAMEWORK = suites.quickest_in_python()
VARIANT = next(name.split("/")[1] for name, _ in suites.contestants() if name.split("/")[0] == FRAMEWORK)
SLOWDOWN = 0.05
BASELINE = "same-0"  # of every session's run: its first contestant


@dataclass
class Pair:
    """What the program said of two contestants of a session: verdict of the second against the first."""

    size: str
    hog: bool
    session: str
    first: str
    second: str
    injected: bool  # whether the second is slower by SLOWDOWN, the first being as it is
    verdict: str  # "tie" (not told apart, equal within a margin or not), "faster", "slower", "none"
    ratio: float | None
    half_width: float | None  # of the ratio's interval, as a share of the ratio


@dataclass
class Plan:
    """One session: so many honest copies and so many slower ones."""

    size: str
    honest: int
    slower: int
    budget: str
    hog: bool = False
    seed: int = 0
    target: float = 3.0  # percent


@dataclass
class Session:
    plan: Plan
    run: str
    command: str
    document: dict
    pairs: list = field(default_factory=list)


def names(plan):
    """The contestants' variants: the honest ones first."""
    return [f"same-{i}" for i in range(plan.honest)], [f"slower-{i}" for i in range(plan.slower)]


def make_home(place, shares):
    """A copy of the tree's layout whose framework has copies as variants, by name, each slower by its share; its builds are those of the real one, by
    content."""
    home = Path(place)
    for entry in ROOT.iterdir():
        if entry.name not in ("frameworks", "build", ".git"):
            (home / entry.name).symlink_to(entry)
    folder = home / "frameworks" / FRAMEWORK
    shutil.copytree(ROOT / "frameworks" / FRAMEWORK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = (folder / "framework.toml").read_text()
    original = next(v for v in tomllib.loads(manifest)["variant"] if v["name"] == VARIANT)
    for name, share in shares.items():
        command = [original["command"][0], str(ROOT / "bench/proof/twin.py"), "{framework}", VARIANT, str(share)]
        keys = {key: value for key, value in original.items() if key not in ("name", "title", "command")}
        lines = [f"name = {json.dumps(name)}", f"command = {json.dumps(command)}"]
        manifest += "\n[[variant]]\n" + "\n".join(lines + [f"{key} = {json.dumps(value)}" for key, value in keys.items()]) + "\n"
    (folder / "framework.toml").write_text(manifest)
    return home


def call(program, environment, *arguments):
    """The document that a command prints; what it says meanwhile goes to our standard error."""
    done = subprocess.run([str(program), *arguments, "--json"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          env=os.environ | environment)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"assay {' '.join(arguments)} ended with {done.returncode}")
    return json.loads(done.stdout)


def run(program, plan, store):
    """Runs one session and asks about every pair of contestants, one of which at least is honest."""
    with tempfile.TemporaryDirectory(prefix="assay-trust-") as place:
        honest, slower = names(plan)
        shares = dict.fromkeys(honest, 0) | dict.fromkeys(slower, SLOWDOWN)
        environment = {"ASSAY_HOME": str(make_home(place, shares)), "ASSAY_STORE": str(store)}
        arguments = ["run", "-m", "smollm2-135m", "--size", plan.size, "-w", "inference", "--budget", plan.budget,
                     "--target", str(plan.target), "--seed", str(plan.seed)]
        for name in honest + slower:
            arguments += ["-f", f"{FRAMEWORK}/{name}"]
        run_id = call(program, environment, *arguments)["run"]
        document = call(program, environment, "show", run_id, "--samples")
        session = Session(plan, run_id, "assay " + " ".join(arguments), document)
        expect_baseline(document, BASELINE)
        for first in honest:
            seen = call(program, environment, "show", run_id, "--baseline", f"{FRAMEWORK}/{first}")
            session.pairs += pairs_with(session, first, seen)
        return session


def expect_baseline(document, variant):
    """Throws when a result is compared with another contestant than this one."""
    for result in document["results"]:
        to = result["ratio"]["to"] if result["ratio"] else None
        if to not in (None, f"{FRAMEWORK}/{variant}@cpu"):
            raise RuntimeError(f"{result['variant']} is compared with {to}, not with {variant}")


def pairs_with(session, first, document):
    """The pairs in which `first` is the baseline; of two honest ones each pair once."""
    expect_baseline(document, first)
    honest, slower = names(session.plan)
    later = [name for a, name in itertools.combinations(honest, 2) if a == first] + slower
    found = {result["variant"]: result for result in document["results"]}
    return [pair(session, first, name, found[name], name in slower) for name in later]


def pair(session, first, second, result, injected):
    ratio = result["ratio"]
    known = Pair(session.plan.size, session.plan.hog, session.run, first, second, injected, "none", None, None)
    if not ratio or ratio["low"] is None:
        return known
    half_width = (ratio["high"] - ratio["low"]) / 2 / ratio["median"]
    told_apart = ratio["comparison"] in ("faster", "slower")
    return replace(known, verdict=ratio["comparison"] if told_apart else "tie", ratio=ratio["median"], half_width=half_width)
