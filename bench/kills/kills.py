"""Kills the program (-9) at random moments of a run, and checks what is left: nothing alive, a store that opens, and of the visits at most
the one in hand lost. Some of the killed runs are gone on with."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

# Two that are quick; one of them leaves a daemon behind that only its environment tells apart.
ARGUMENTS = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "fake/honest", "-f", "fake/fork", "--rounds", "4"]
LONGEST_LIFE_S = 6
LONGEST_DEATH_S = 20


@dataclass
class Outcome:
    kills: int = 0
    while_measuring: int = 0  # with visits of that run in the store
    resumed: int = 0
    visits: int = 0
    slowest_death_s: float = 0  # from the kill until nothing of the run lives
    faults: list = field(default_factory=list)


def processes_of(mark):
    """Processes that inherited the environment of the program under test, as (pid, command line)."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if mark.encode() in (folder / "environ").read_bytes() and "\nState:\tZ" not in (folder / "status").read_text():
                found.append((int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")))
        except OSError:
            continue  # it ended meanwhile, or is another user's
    return found


def visits_in(store):
    """(run, contestant, block, round, position) of every visit, in the order they were stored."""
    if not store.exists():
        return []
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30) as database:
            return database.execute("SELECT result.run, framework || '/' || variant, block, round, position FROM visit JOIN result "
                                    "ON result.id = visit.result ORDER BY visit.rowid").fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []  # killed before the store was made
        raise


def gaps(visits):
    """What is missing before the last visit of each run: a contestant's visits must follow each other without a hole."""
    found = []
    seen = {}
    for run, contestant, block, number, position in visits:
        places = seen.setdefault((run, block, number), [])
        if position != len(places):
            found.append(f"run {run} block {block} round {number}: position {position} after {places}")
        places.append(position)
        if len(set(places)) != len(places):
            found.append(f"run {run} block {block} round {number}: a visit is stored twice")
    return found


class Killing:
    def __init__(self, program, folder, seed=None):
        self.program, self.folder = str(program), Path(folder)
        self.store = self.folder / "store.db"
        self.seed = random.randrange(1 << 32) if seed is None else seed
        self.random = random.Random(self.seed)
        self.environment = os.environ | {"ASSAY_STORE": str(self.store), "ASSAY_CACHE": str(self.folder / "cache"), "ASSAY_BINARY": self.program,
                                         "TERM": "dumb"}
        self.outcome = Outcome()

    def call(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=600)

    def fault(self, text):
        self.outcome.faults.append(f"kill {self.outcome.kills}: {text}")

    def once(self, arguments):
        """Starts the program, kills it, and looks at what is left."""
        before = len(visits_in(self.store))
        life_s = self.random.uniform(0, LONGEST_LIFE_S)
        process = subprocess.Popen([self.program, *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            code = process.wait(life_s)
            if code != 0:
                self.fault(f"it ended by itself with {code}: {' '.join(arguments)}")
            return  # it was done before
        except subprocess.TimeoutExpired:
            pass
        seen = len(visits_in(self.store))
        killed = time.monotonic()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.outcome.kills += 1
        self.wait_for_silence(killed)
        after = visits_in(self.store)
        self.outcome.while_measuring += len(after) > before
        if len(after) < seen:
            self.fault(f"{seen} visits were stored, {len(after)} are left")
        shown = self.call("show", "last", "--json") if self.store.exists() else None
        if shown and shown.returncode != 0 and "no run" not in shown.stderr:
            self.fault(f"show: {shown.returncode} {shown.stderr}")

    def wait_for_silence(self, killed):
        left = processes_of(str(self.store))
        while left and time.monotonic() - killed < LONGEST_DEATH_S:
            time.sleep(0.05)
            left = processes_of(str(self.store))
        self.outcome.slowest_death_s = max(self.outcome.slowest_death_s, time.monotonic() - killed)
        for pid, command in left:
            self.fault(f"process {pid} lives: {command}")
            os.kill(pid, signal.SIGKILL)

    def last_run(self):
        """The id of the newest run when it is partial, or None."""
        shown = self.call("show", "--json")
        runs = json.loads(shown.stdout)["runs"] if shown.returncode == 0 else []
        return runs[0]["run"] if runs and not runs[0]["complete"] else None

    def run(self, kills, tell=lambda outcome: None):
        while self.outcome.kills < kills and len(self.outcome.faults) < 10:
            run = self.last_run() if self.random.random() < 0.5 else None
            self.outcome.resumed += run is not None
            self.once(["run", "--resume", run] if run else ARGUMENTS)
            tell(self.outcome)
        self.finish()
        return self.outcome

    def finish(self):
        """The last run is gone on with to its end; every stored visit is where it belongs."""
        run = self.last_run()
        if run:
            done = self.call("run", "--resume", run, "--json")
            if done.returncode != 0 or not json.loads(done.stdout)["complete"]:
                self.fault(f"resume {run}: {done.returncode} {done.stderr}")
        visits = visits_in(self.store)
        self.outcome.visits = len(visits)
        self.outcome.faults += gaps(visits)
