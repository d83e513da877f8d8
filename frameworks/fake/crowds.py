"""Runners that take more of the machine than they were given."""

import contextlib
import glob
import multiprocessing
import os
import time

from honest import Runner

BUSY_SECONDS = 0.1


def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def leave_control_groups():
    for door in glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True):
        with contextlib.suppress(OSError), open(door, "w") as file:
            file.write("0")


def widen():
    os.sched_setaffinity(0, range(os.cpu_count()))


def burn_when_asked(asked, done):
    while asked.recv():
        widen()
        burn(BUSY_SECONDS)
        done.send(True)


class Wide(Runner):
    """Runs on two CPUs whatever it was given, if it can: it widens its affinity during a step and narrows it before it answers."""

    def load(self, params):
        leave_control_groups()
        self.given = os.sched_getaffinity(0)
        here, there = multiprocessing.Pipe(), multiprocessing.Pipe()
        self.ask, self.done = here[0], there[0]
        helper = multiprocessing.get_context("fork").Process(target=burn_when_asked, args=(here[1], there[1]), daemon=True)
        helper.start()
        self.helper = helper.pid
        return super().load(params)

    def step(self, input_set):
        widen()
        self.ask.send(True)
        super().step(input_set)
        burn(BUSY_SECONDS)
        self.done.recv()
        for process in (0, self.helper):
            os.sched_setaffinity(process, self.given)


VARIANTS = {"wide": Wide}
