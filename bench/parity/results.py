"""What the parity scripts share besides the timing: the check that both sides agree, the ratio, and the files that keep the results."""

import datetime
import functools
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[2]
# Largest relative error between two float32 programs that compute the same (docs/method.md, accuracy).
TOLERANCE = 1e-4


def agreement(sides, folder, only=None):
    """The largest |a - b| / |b| (L2 over a whole tensor) of any output (or of `only` those), over both input sets. Raises when the two do
    different work."""
    worst = 0.0
    for chosen in (0, 1):
        outputs = []
        for name, side in sides.items():
            path = folder / f"outputs-{name}.safetensors"
            side.steps([1 - chosen, chosen])
            side.outputs(str(path))
            outputs.append({key: tensor for key, tensor in load_file(path).items() if only is None or key in only})
        if set(outputs[0]) != set(outputs[1]):
            raise RuntimeError(f"the outputs differ: {sorted(set(outputs[0]) ^ set(outputs[1]))}")
        worst = max([worst] + [_difference(outputs[0][name], outputs[1][name]) for name in outputs[0]])
    if not worst <= TOLERANCE:
        raise RuntimeError(f"the two sides differ by {worst:.2g}: they do not do the same work")
    return worst


def _difference(a, b):
    a, b = a.astype(numpy.float64), b.astype(numpy.float64)
    return float(numpy.linalg.norm(a - b) / max(numpy.linalg.norm(b), 1e-30))


def ratio(program, blocks, ours, theirs):
    """Our time over theirs with its interval, as a run makes them (ratio.cc, docs/method.md): {"median", "low", "high", "rounds"}. `program` is
    `assay` in the folder of its build."""
    series = {"contestant": [block[ours] for block in blocks], "baseline": [block[theirs] for block in blocks]}
    done = subprocess.run([_ratio_program(Path(program).resolve().parent)], input=json.dumps(series), stdout=subprocess.PIPE, text=True,
                          check=True)
    return json.loads(done.stdout)


@functools.lru_cache(maxsize=None)
def _ratio_program(build):
    subprocess.run(["cmake", "--build", build, "--target", "paired_ratio"], check=True, stdout=subprocess.DEVNULL)
    return build / "paired_ratio"


def cpu_name():
    """The processor's name, as Linux says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def public(arguments):
    """A command line without the places of this machine: paths lose their folders."""
    return [Path(argument).name if argument.startswith("/") else argument for argument in arguments]


def surroundings(script, arguments):
    """What a reader needs to repeat this."""
    commit = subprocess.run(["git", "-C", Path(__file__).parent, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {"command": f"python {script.relative_to(ROOT)} " + " ".join(public(sys.argv[1:])), "commit": commit,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "model": "smollm2-135m",
            "size": arguments.size, "threads": arguments.threads, "seed": arguments.seed, "cpu": cpu_name(),
            "cores": os.cpu_count(), "system": platform.platform(), "load_before": os.getloadavg()}


def write(path, result):
    """Writes one result; the samples stand in one line a visit."""
    path.parent.mkdir(exist_ok=True)
    blocks = result.pop("blocks")
    head = json.dumps(result, indent=1)
    visits = ",\n".join(" {" + ",\n  ".join(f'"{name}": [\n   ' + ",\n   ".join(map(json.dumps, series)) + "]"
                                           for name, series in one.items()) + "}" for one in blocks)
    path.write_text(head[:-2] + f',\n "blocks_ns": [\n{visits}\n ]\n}}\n')
    print(f"{result['case']}: {result['ratio']}")
