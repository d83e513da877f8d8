"""Assay's reading kernels against plain loops, in turns, so that what the machine does meanwhile hits both alike."""

import json
import os
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def compile_plain(folder):
    """The plain loops, compiled by themselves."""
    program = Path(folder) / "plain"
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O2", "-pthread", "-o", program, HERE / "plain.cc"], check=True)
    return program


def thread_counts(limits):
    return sorted({1, limits["threads"]})


def plain_rates(program, size, threads, seconds):
    """{"every-word, 2 threads": bytes a second}"""
    rates = {}
    for count in threads:
        done = subprocess.run([program, str(size), str(count), str(seconds)], check=True, capture_output=True, text=True)
        rates |= {f"{loop}, {count}": rate for loop, rate in json.loads(done.stdout).items()}
    return rates


def kernel_rates(assay, size, ways):
    """{"streams-4, 2": bytes a second} of (kernel, threads), by the very code and way that a run looks at its machine."""
    words = [word for kernel, threads in ways for word in ("--probe", f"read:{size}:{kernel}:{threads}")]
    done = subprocess.run([assay, "limits", "--measure", "--threads", str(max(threads for _, threads in ways)), *words],
                          check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {f"{reading['kernel']}, {reading['threads']}": reading["bytes_per_s"]
            for point in found["bandwidth"] for reading in point["readings"]}


def raise_to(best, rates):
    for name, rate in rates.items():
        best[name] = max(best.get(name, 0), rate)


FINALISTS = 4  # have as much time as the plain loops


def compare(assay, program, limits, turns, seconds):
    """One record a memory level: the best of each loop and kernel over all turns, and of each turn the best kernel over the best loop.
    A machine that others share gives one second twice as much of its memory's bandwidth as another: only what is close together
    is compared, and both sides have equal time."""
    threads = thread_counts(limits)
    levels = []
    for level in limits["levels"]:
        size = level["read_bytes"]
        point = next(point for point in limits["bandwidth"] if point["bytes"] == size)
        ways = [(reading["kernel"], reading["threads"]) for reading in sorted(point["readings"], key=lambda one: -one["bytes_per_s"])]
        plain, ours, ratios, of_each = {}, {}, [], {}
        for turn in range(turns):
            sides = {"plain": lambda: plain_rates(program, size, threads, seconds),
                     "ours": lambda: kernel_rates(assay, size, ways[:FINALISTS]),
                     "all": lambda: kernel_rates(assay, size, ways)}
            found = {side: sides[side]() for side in (sides if turn % 2 else reversed(sides))}
            raise_to(plain, found["plain"])
            raise_to(ours, found["ours"])
            raise_to(ours, found["all"])
            best = max(found["plain"].values())
            ratios.append(max(found["ours"].values()) / best)
            for name, rate in found["all"].items():
                of_each.setdefault(name, []).append(rate / best)
        levels.append({"level": level["level"], "bytes": size, "plain": plain, "kernels": ours, "ratios": ratios,
                       "ratio_of_each": {name: statistics.median(values) for name, values in of_each.items()},
                       "measured": level["bytes_per_s"]})
    return levels


def ratio(level):
    """The best kernel over the best plain loop, the median of the turns."""
    return statistics.median(level["ratios"])
