"""Runners that leave, or reach out: descendants that hide from the core, too many of them, and hands laid on others. What they do is
bounded here, whatever the core does: they touch no process but those named to them in FAKE_VICTIM, and start no endless number."""

import contextlib
import ctypes
import os
import resource
import signal
import stat
import sys
import threading
import time

from honest import Runner

CLONE_PARENT, CLONE_NEWUSER, CLONE_NEWPID = 0x8000, 0x10000000, 0x20000000
HELD_BYTES = 64 << 20  # by a descendant that hides
LIFE_S = 60  # of one that nobody ends
libc = ctypes.CDLL(None, use_errno=True)


def hide():
    """Becomes a program without a word in its environment but its tag, in a session of its own, that holds memory."""
    os.setsid()
    code = f"import time; held = bytearray(b'x') * {HELD_BYTES}; time.sleep({LIFE_S})"
    os.execve(sys.executable, [sys.executable, "-c", code, os.environ.get("FAKE_TAG", "untagged")], {})


def in_child(run):
    child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(1)
    return child


class Hides(Runner):
    """Works, and leaves a daemon behind: no parent, a session of its own, an environment without a word."""

    def load(self, params):
        os.waitpid(in_child(lambda: in_child(hide) and os._exit(0)), 0)
        return super().load(params)


class HidesBeside(Runner):
    """Works, and starts a process that is not its child but its parent's."""

    def load(self, params):
        sys.stdout.flush()
        if libc.syscall(56 if os.uname().machine == "x86_64" else 220, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0) == 0:
            hide()
        return super().load(params)


class HidesWithin(Runner):
    """Works, and starts a process that is the first of a process namespace of its own, without a parent."""

    def load(self, params):
        os.waitpid(in_child(self.leave), 0)
        return super().load(params)

    def leave(self):
        if libc.unshare(CLONE_NEWPID) != 0 and libc.unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0:
            os._exit(1)
        in_child(hide)
        os._exit(0)


class Chain(Runner):
    """Works, beside a chain of processes each of which leaves its session and group, starts the next one and ends: 3,000, or 20 s."""

    links = 3000

    def load(self, params):
        in_child(self.run)
        return super().load(params)

    def run(self):
        end = time.monotonic() + 20
        for link in range(self.links):
            if time.monotonic() > end or os.fork() != 0:
                os._exit(0)
            os.setsid()


class Crowd(Runner):
    """Starts 400 processes in its first step, and waits for them."""

    started = False

    def step(self, input_set):
        if not self.started:
            self.started = True
            for child in [in_child(lambda: time.sleep(LIFE_S)) for _ in range(400)]:
                os.waitpid(child, 0)
        super().step(input_set)


class HandsOn(Runner):
    """Lays hands on the process FAKE_VICTIM: limits it, pins it, stops it and kills it. Fails when any of it succeeds."""

    def load(self, params):
        victim = int(os.environ["FAKE_VICTIM"])
        done = [name for name, act in self.acts(victim) if self.succeeds(act)]
        if done:
            raise RuntimeError(f"could {', '.join(done)} another process")
        return super().load(params)

    @staticmethod
    def acts(victim):
        return [
            ("limit", lambda: resource.prlimit(victim, resource.RLIMIT_NOFILE, (64, 64))),
            ("pin", lambda: os.sched_setaffinity(victim, {0})),
            ("stop", lambda: os.kill(victim, signal.SIGSTOP)),
            ("kill", lambda: os.kill(victim, signal.SIGKILL)),
        ]

    @staticmethod
    def succeeds(act):
        try:
            act()
        except OSError:
            return False
        return True


class ReachesOut(Runner):
    """Opens the files of FAKE_PATHS and below its folders, for reading and for writing, sets their length, and makes one beside them; leaves all as it was.
    Spares the folder that holds its own home. Fails when any of it succeeds."""

    def load(self, params):
        own = os.path.dirname(os.path.normpath(os.environ["HOME"]))
        reached = [path for path in self.paths() if not path.startswith(own + "/") and self.reaches(path)]
        if reached:
            raise RuntimeError(f"could reach {', '.join(reached)}")
        return super().load(params)

    @staticmethod
    def paths():
        for path in os.environ["FAKE_PATHS"].split(os.pathsep):
            yield path
            for folder, _, files in os.walk(path):
                yield from (os.path.join(folder, file) for file in files)

    @staticmethod
    def reaches(path):
        reached = False
        for flags in (os.O_RDONLY, os.O_RDWR):
            with contextlib.suppress(OSError):
                file = os.open(path, flags)
                reached |= not stat.S_ISDIR(os.fstat(file).st_mode)
                os.close(file)
        with contextlib.suppress(OSError):
            os.truncate(path, os.stat(path).st_size)
            reached = True
        with contextlib.suppress(OSError):
            os.close(os.open(path + ".beside", os.O_CREAT | os.O_EXCL))
            os.unlink(path + ".beside")
            reached = True
        return reached


class NamesItself(Runner):
    """Names its thread as CUDA does when it starts: by a file of /proc, opened as a new one. Honest."""

    def load(self, params):
        with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w", encoding="utf-8") as file:
            file.write("fake")
        return super().load(params)


VARIANTS = {
    "hides": Hides,
    "hides-beside": HidesBeside,
    "hides-within": HidesWithin,
    "chain": Chain,
    "crowd": Crowd,
    "names-itself": NamesItself,
    "hands-on": HandsOn,
    "reaches-out": ReachesOut,
}
