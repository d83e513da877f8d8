"""Two programs that do the same work, timed in turns: all processes are started once a block, and stopped (SIGSTOP) whenever it is
not their turn. A visit is one step to wake up and then steps for about a second, at least three; one where a step takes seconds. docs/method.md says
why.
"""

import json
import os
import random
import signal
import statistics
import subprocess
import time
from pathlib import Path

import numpy
from safetensors.numpy import load_file, save_file


class Side:
    """A program with the pipe to it. Subclasses say how a step is asked for."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env={**os.environ, **environment}, start_new_session=True)

    def ask(self, message):
        """One object there, one back."""
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)

    def steps(self, sets):
        """Runs a step for each input set; returns their times in ns."""
        raise NotImplementedError

    def outputs(self, path):
        """Has the outputs of the last step written to a safetensors file."""
        raise NotImplementedError

    def pause(self):
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class RunnerSide(Side):
    """One of Assay's runners, spoken to by Assay's protocol. `inputs` are the files of the two input sets; each step gets a copy of one
    that comes fresh, outside the clock."""

    def __init__(self, command, environment, load, inputs):
        super().__init__(command, environment)
        self.inputs, self.given = [load_file(path) for path in inputs], Path(inputs[0]).with_name("given.safetensors")
        self.last_id = 0
        self.description = self.call("describe")
        self.loaded = self.call("load", **load)

    def call(self, method, **params):
        self.last_id += 1
        reply = self.ask({"assay": 2, "id": self.last_id, "method": method, "params": params})
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']}")
        return reply["result"]

    def steps(self, sets):
        chosen = [self.inputs[index] for index in sets]
        save_file({name: numpy.stack([one[name] for one in chosen]) for name in chosen[0]}, self.given)
        self.call("inputs", path=str(self.given), sets=len(sets))
        return self.call("steps", count=len(sets))["samples_ns"]

    def outputs(self, path):
        self.call("outputs", path=path)


class PlainSide(Side):
    """A script with a loop of its own: {"steps": [...]} and {"outputs": PATH}."""

    def __init__(self, command, environment):
        super().__init__(command, environment)
        self.versions = self.ask({"versions": True})

    def steps(self, sets):
        return self.ask({"steps": sets})["samples_ns"]

    def outputs(self, path):
        self.ask({"outputs": path})


LONG_STEP = 3.0  # s; what wakes up or warms up in one step is over then


def visit(side, chooser, seconds=1.0):
    """The samples of one visit, its first step left out unless it is a long one."""
    side.resume()
    samples = side.steps([chooser.randint(0, 1)])
    expected = samples[0] / 1e9
    if expected <= LONG_STEP:
        count = max(3, min(200, round(seconds / expected)))
        samples = side.steps([chooser.randint(0, 1) for _ in range(count)])
    side.pause()
    return samples


def warm_up(side, chooser, seconds=3.0):
    """Steps until the time is over, five at least: the first ones compile and fill caches. Two where a step takes seconds."""
    side.resume()
    until, count, least = time.monotonic() + seconds, 0, 5
    while count < least or time.monotonic() < until:
        step = side.steps([chooser.randint(0, 1)])[0] / 1e9
        count += 1
        least = 2 if step > LONG_STEP else 5
    side.pause()


def block(sides, rounds, chooser, say):
    """{name: [samples of each round]} for sides that are running; they are ended here."""
    series = {name: [] for name in sides}
    try:
        for side in sides.values():
            warm_up(side, chooser)
        for index in range(rounds):
            for name in chooser.sample(sorted(sides), len(sides)):
                series[name].append(visit(sides[name], chooser))
            say(f"round {index + 1} of {rounds}: " + ", ".join(f"{name} {statistics.median(visits[-1]) / 1e6:.2f} ms"
                                                              for name, visits in series.items()))
    finally:
        for side in sides.values():
            side.end()
    return series
