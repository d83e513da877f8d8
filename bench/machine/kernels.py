"""Assay's reading kernels against plain loops, in turns, so that what the machine does meanwhile hits both alike."""

import json
import os
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


def kernel_rates(assay, size, kernels, threads):
    """{"streams-4, 2": bytes a second}, by the very code and way that a run looks at its machine."""
    words = [word for kernel in kernels for count in threads for word in ("--probe", f"read:{size}:{kernel}:{count}")]
    done = subprocess.run([assay, "limits", "--measure", "--threads", str(max(threads)), *words], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {f"{reading['kernel']}, {reading['threads']}": reading["bytes_per_s"]
            for point in found["bandwidth"] for reading in point["readings"]}


def raise_to(best, rates):
    for name, rate in rates.items():
        best[name] = max(best.get(name, 0), rate)


def compare(assay, program, limits, turns, seconds):
    """One record a memory level: the best of each loop and kernel over all turns."""
    threads = thread_counts(limits)
    levels = []
    for level in limits["levels"]:
        size = level["read_bytes"]
        point = next(point for point in limits["bandwidth"] if point["bytes"] == size)
        kernels = sorted({reading["kernel"] for reading in point["readings"]})
        plain, ours = {}, {}
        for _ in range(turns):
            raise_to(plain, plain_rates(program, size, threads, seconds))
            raise_to(ours, kernel_rates(assay, size, kernels, threads))
        levels.append({"level": level["level"], "bytes": size, "turns": turns, "plain": plain, "kernels": ours,
                       "measured": level["bytes_per_s"]})
    return levels


def ratio(level):
    """The best kernel over the best plain loop."""
    return max(level["kernels"].values()) / max(level["plain"].values())
