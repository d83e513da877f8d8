"""The contestants that can run here, found by looking: every framework.toml under frameworks/ that is not hidden. Nothing here knows one."""

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

HOME = Path(os.environ.get("ASSAY_HOME", Path(__file__).resolve().parents[2]))
PROGRAM = Path(os.environ.get("ASSAY_BINARY", HOME / "build/release/assay"))


@dataclass(frozen=True)
class Contestant:
    name: str  # framework/variant@device
    framework: str
    variant: str
    form: tuple  # how it gets its model and its gradients: variants that differ in neither do the same in another way
    training: str
    workloads: tuple  # empty: all
    generates: bool  # whole requests too
    hidden: bool  # takes part only where it is named: it takes much to set up

    def runs(self, workload):
        if workload == "generate":
            return self.generates
        if self.workloads and workload not in self.workloads:
            return False
        return workload != "training" or self.training != "none"

    @property
    def folder(self):
        return HOME / "frameworks" / self.framework


def variants():
    """(framework, variant's table) of every manifest that is not hidden, without those that take a user's own file: no graph of these tests is one."""
    for path in sorted((HOME / "frameworks").glob("*/framework.toml")):
        manifest = tomllib.loads(path.read_text())
        if not manifest.get("hidden"):
            yield from ((path.parent.name, variant) for variant in manifest["variant"] if variant.get("model") != "original")


def states():
    """What `assay check` says of each contestant: its state, and why it is not ready."""
    done = subprocess.run([PROGRAM, "check", "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return {entry["contestant"]: (entry["state"], entry["hint"]) for entry in json.loads(done.stdout)["contestants"]}


def found():
    """Those that can run here, set up or not: one that is not set up fails its tests. Hidden variants with --full, of which pytest's plugins
    know too late."""
    known, result = states(), []
    for framework, variant in variants():
        if variant.get("hidden") and "--full" not in sys.argv:
            continue
        for name, (state, _) in known.items():
            if name.split("@")[0] == f"{framework}/{variant['name']}" and state != "cannot run here":
                training = variant.get("training", "none")
                result.append(Contestant(name, framework, variant["name"], (framework, variant.get("model", "graph"), training), training,
                                         tuple(variant.get("workloads", ())), bool(variant.get("generates")), bool(variant.get("hidden"))))
    return result


def is_first_of_its_form(contestant, contestants):
    """The others of a form, which may compile for seconds what they are given, get one graph with all operators in it."""
    return next(other for other in contestants if other.form == contestant.form) == contestant
