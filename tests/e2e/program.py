"""Running the program under test with a store and a scratch folder of its own."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("ASSAY_PROGRAM", ROOT / "build/release/assay"))
CACHE = Path(os.environ.get("ASSAY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay")


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)

    def result(self, contestant, workload=None):
        """The one result of a contestant (framework/variant) in a workload."""
        found = [r for r in self.document["results"]
                 if f"{r['framework']}/{r['variant']}" == contestant and workload in (None, r["workload"])]
        assert len(found) == 1, (contestant, workload, self.err)
        return found[0]


class Assay:
    def __init__(self, folder):
        self.prefix = []
        self.environment = os.environ | {"ASSAY_STORE": str(folder / "store.db"), "ASSAY_BINARY": str(PROGRAM), "TERM": "dumb"}

    def gaps(self):
        """What contestants are not kept from here, a line each."""
        return self("check", "--json").document["host"]["isolation_gaps"]

    def do_without_control_groups(self):
        """From now on the program runs as on a system that has none to give; whether that can be had."""
        self.prefix = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh"]
        return subprocess.run([*self.prefix, "true"], capture_output=True, check=False).returncode == 0

    def command(self, *arguments):
        return [*self.prefix, str(PROGRAM), *map(str, arguments)]

    def __call__(self, *arguments, timeout=900, **variables):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout,
                              env=self.environment | variables)
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments, **variables):
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=self.environment | variables)


def own_cache(folder):
    """Variables that give a program a cache of its own in a folder. The machine's limits lie in it where they are known: to measure them
    takes 12 s."""
    cache = folder / "cache"
    (cache / "limits").mkdir(parents=True)
    for seal in (CACHE / "limits").glob("*.json.seal"):
        for path in (seal, seal.with_suffix("")):
            shutil.copy(path, cache / "limits")
    return {"ASSAY_CACHE": str(cache)}


def preloaded(folder, source):
    """A library that stands before the system's own in a program's LD_PRELOAD: a machine on which something is otherwise than on this one."""
    (folder / "library.c").write_text(source)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "library.so", folder / "library.c", "-ldl"], check=True)
    return folder / "library.so"
