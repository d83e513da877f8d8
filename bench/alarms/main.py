"""How often `assay gate` raises a false alarm, and how often it finds a step that is 5 % slower: runs of one framework under two names, in some of
which one of the two is slower by 5 %; every run without against every later one, and every run without against every one with.

    python3 bench/alarms/main.py --clean 21 --slow 10 --keep bench/alarms/results.json     some 40 minutes
    python3 bench/alarms/main.py --work DIR --stop-after 15 ...                            in pieces: the next call goes on in DIR
    python3 bench/alarms/main.py --summary bench/alarms/results.json --into docs/method.md

A slowdown counts as found when the gate names the contestant's step. Runs are kept with their figures, and the gate's answers with the runs they are of.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/proof"))
import sessions  # noqa: E402

CONTROL, TESTED = "same-0", "same-1"
BEGIN, END = "<!-- bench/alarms: begin -->\n", "<!-- bench/alarms: end -->"


def arguments_given():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", type=Path, default=ROOT / "build/release/assay", help="the program under test")
    parser.add_argument("--clean", type=int, default=21, help="runs in which nobody is slower (21)")
    parser.add_argument("--slow", type=int, default=10, help="runs in which the tested one is (10)")
    parser.add_argument("-m", "--model", default="minilm-l6", help="whose inference is timed (minilm-l6: launches of it differ little)")
    parser.add_argument("--size", default="full", choices=("tiny", "full"))
    parser.add_argument("--budget", default="60s", help="of each run (60s)")
    parser.add_argument("--target", type=float, default=1.5, help="percent at which a run stops: the half width of its interval (1.5)")
    parser.add_argument("--max", type=float, default=2.0, help="percent that the gate allows (2)")
    parser.add_argument("--work", type=Path, metavar="DIR", help="where the runs' store stays, for a later call to go on")
    parser.add_argument("--stop-after", type=int, metavar="N", help="make N further runs, and leave the rest to a later call")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where the figures go")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="only sum up a file")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the figures between the markers of this page")
    return parser.parse_args()


def say(text):
    print(f"alarms: {text}", file=sys.stderr, flush=True)


def run(arguments, environment, seed):
    """The document of one run."""
    words = ["run", "-m", arguments.model, "--size", arguments.size, "-w", "inference", "--budget", arguments.budget, "--target", str(arguments.target),
             "--seed", str(seed)]
    for name in (CONTROL, TESTED):
        words += ["-f", f"{sessions.FRAMEWORK}/{name}"]
    return sessions.call(arguments.assay, environment, *words)


def figures(document, slow):
    """What a reader wants to know of a run."""
    results = {result["variant"]: result for result in document["results"]}
    return {"run": document["run"], "slow": slow, "started": document["started"], "time_ms": results[TESTED]["time_ms"], "ratio": results[TESTED]["ratio"],
            "peak_bytes": results[TESTED]["peak_bytes"]}


def alarmed(arguments, environment, before, after):
    """What the gate says of the tested contestant."""
    command = [str(arguments.assay), "gate", after, "--baseline", before, "--max", f"{arguments.max}%", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | environment)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"assay gate ended with {done.returncode}")
    document = json.loads(done.stdout)
    change = next(one for one in document["changes"] if TESTED in one["after"]["contestant"])
    losses = [what for loss in document["losses"] if TESTED in loss["where"] for what in loss["what"]]
    return {"before": before, "after": after, "losses": losses, "time": change["time"]}


def measure(arguments, place):
    """The figures of all runs and of their pairs; None while runs are left to a later call."""
    store = {"ASSAY_STORE": str(place / "store.db")}
    homes = {slow: store | {"ASSAY_HOME": str(home_in(place, slow))} for slow in (False, True)}
    runs = runs_made(arguments, place, homes)
    if len(runs) < arguments.clean + arguments.slow:
        return None
    clean, slower = ([one["run"] for one in runs if one["slow"] == slow] for slow in (False, True))
    same = [alarmed(arguments, homes[False], before, after) for before, after in itertools.combinations(clean, 2)]
    found = [alarmed(arguments, homes[False], before, after) for before, after in itertools.product(clean, slower)]
    settings = {key: getattr(arguments, key) for key in ("model", "size", "budget", "target", "max")}
    return settings | {"host": runs_host(arguments), "runs": runs, "same": same, "slower": found}


def home_in(place, slow):
    home = place / ("slow" if slow else "clean")
    if home.exists():
        return home
    home.mkdir()
    sessions.make_home(home, {CONTROL: 0, TESTED: 0})
    if slow:  # not in the manifest: the control is the same program in both
        (home / "slowdown").write_text(f"{TESTED} {sessions.SLOWDOWN}\n")
    return home


def runs_made(arguments, place, homes):
    """Those of earlier calls, and the further ones."""
    file = place / "runs.json"
    runs = json.loads(file.read_text()) if file.exists() else []
    kinds = interleaved(arguments.clean, arguments.slow)
    made = Counter(one["slow"] for one in runs)
    left = arguments.stop_after
    for seed, slow in enumerate(kinds):
        if made[slow] > 0:
            made[slow] -= 1
        elif left is None or left > 0:
            left = None if left is None else left - 1
            say(f"run {seed + 1} of {len(kinds)}{', slower' if slow else ''}")
            runs.append(figures(run(arguments, homes[slow], seed), slow))
            file.write_text(json.dumps(runs, indent=1) + "\n")
    return runs


def measured(arguments):
    if not arguments.work:
        with tempfile.TemporaryDirectory(prefix="assay-alarms-") as folder:
            return measure(arguments, Path(folder))
    arguments.work.mkdir(parents=True, exist_ok=True)
    return measure(arguments, arguments.work.resolve())


def runs_host(arguments):
    document = json.loads(subprocess.run([str(arguments.assay), "env", "--json"], stdout=subprocess.PIPE, text=True, check=True).stdout)
    return {key: document["host"][key] for key in ("cpu", "cpu_design", "cores")}


def interleaved(clean, slow):
    """Whether each run is a slow one: spread evenly, so that a change of the machine's mood hits both kinds."""
    return [((i + 1) * slow) // (clean + slow) > (i * slow) // (clean + slow) for i in range(clean + slow)]


def is_slower(pair):
    return any(loss.startswith("a step is") for loss in pair["losses"])


def summary(kept):
    same, slower = kept["same"], kept["slower"]
    widths = sorted((one["time"]["high"] - one["time"]["low"]) / 2 / one["time"]["ratio"] for one in same if one["time"] and one["time"]["low"])
    host = kept["host"]
    return (f"{len(kept['runs'])} runs of {kept['model']} ({kept['size']}) on {host['cpu']} ({host['cpu_design']}), until ±{kept['target']:g} % or "
            f"{kept['budget']}, `--max {kept['max']:g}%`: of {len(same)} pairs of "
            f"equal runs {share(same, lambda one: bool(one['losses']))} raised an alarm; of {len(slower)} pairs in which the step was 5 % slower it was found in "
            f"{share(slower, is_slower)}. Half the ratios are known to ±{100 * widths[len(widths) // 2]:.1f} % or better.\n")


def share(pairs, holds):
    count = sum(map(holds, pairs))
    return f"{count} ({100 * count / len(pairs):.1f} %)"


def into(page, text):
    before, rest = page.split(BEGIN)
    return before + BEGIN + text + END + rest.split(END)[1]


def main():
    arguments = arguments_given()
    if arguments.stop_after is not None and not arguments.work:
        say("--stop-after needs --work, where the next call finds what this one made")
        return 2
    kept = json.loads(arguments.summary.read_text()) if arguments.summary else measured(arguments)
    if kept is None:
        say(f"runs are left: the same command goes on in {arguments.work}")
        return 0
    if arguments.keep:
        arguments.keep.write_text(json.dumps(kept, indent=1) + "\n")
    if arguments.into:
        arguments.into.write_text(into(arguments.into.read_text(), summary(kept)))
    print(summary(kept), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.SubprocessError, OSError) as error:
        say(error)
        sys.exit(4)
