"""Runners that break: what the core must survive, clean up after and report."""

import json
import os
import signal
import subprocess
import sys
import time

from honest import Runner, Unsupported


class CrashAtLoad(Runner):
    """Ends with a segmentation fault."""

    def load(self, params):
        os.kill(os.getpid(), signal.SIGSEGV)


class CrashAtThirdLoad(Runner):
    """Ends with a segmentation fault when it is given a third graph."""

    loads = 0

    def load(self, params):
        self.loads += 1
        if self.loads == 3:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().load(params)


class CrashAtStep(Runner):
    """Aborts in the third step, with last words."""

    steps = 0

    def step(self, inputs):
        super().step(inputs)
        self.steps += 1
        if self.steps == 3:
            print("terminate called after throwing an instance of 'fake'", file=sys.stderr, flush=True)
            os.abort()


class Hang(Runner):
    """Never comes back from its first step."""

    def step(self, inputs):
        while True:
            time.sleep(3600)


class Exit(Runner):
    """Exits as if all were well, in its first step."""

    def step(self, inputs):
        os._exit(0)


class Garbage(Runner):
    """Prints on the pipe what is no message, control characters and all."""

    def load(self, params):
        self.pipe.send_bytes(b"\x1b[2JLoading model... 100%\n")
        return super().load(params)


class AnswersEarly(Runner):
    """Sends the answer to the inputs before it is given any."""

    def load(self, params):
        loaded = super().load(params)
        replies = [{"assay": 2, "id": self.pipe.last_id, "result": loaded}]
        replies += [{"assay": 2, "id": self.pipe.last_id + 1, "result": {}}]
        self.pipe.send_bytes("".join(json.dumps(reply) + "\n" for reply in replies).encode())  # in one write
        time.sleep(3600)


class EmptyLists(Runner):
    """Answers with five million lists, all empty: 16 MB that would be a gigabyte once they are read."""

    def load(self, params):
        super().load(params)
        lists = b"[]," * (5 << 20)
        self.pipe.send_bytes(b'{"assay": 2, "id": %d, "result": [%s []]}\n' % (self.pipe.last_id, lists))
        time.sleep(3600)


class FloodStderr(Runner):
    """Writes 64 MB to stderr in its first step, then works on."""

    flooded = False

    def step(self, inputs):
        if not self.flooded:
            for _ in range(1024):
                os.write(2, (b"warning: this again " * 3277)[:65535] + b"\n")
            os.write(2, b"the last line\n")
        self.flooded = True
        super().step(inputs)


class FloodStdout(Runner):
    """Writes one endless line to the pipe."""

    def load(self, params):
        while True:
            self.pipe.send_bytes(b"x" * 65536)


class Slow(Runner):
    """Works, and takes a fifth of a second longer for a step than it needs."""

    def step(self, inputs):
        time.sleep(0.2)
        super().step(inputs)


class ClosesPipe(Runner):
    """Closes its end of the pipe and lives on."""

    def load(self, params):
        os.close(self.pipe.descriptor)
        time.sleep(3600)


class Fork(Runner):
    """Works, and leaves a daemon behind: its own session, no parent, deaf to SIGTERM."""

    daemon = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"

    def load(self, params):
        # Even the pipe is passed on: its end does not tell that the runner died.
        popen = f"Popen([sys.executable, '-c', {self.daemon!r}], start_new_session=True, close_fds=False)"
        starter = f"import subprocess, sys; subprocess.{popen}"
        subprocess.run([sys.executable, "-c", starter], check=True, pass_fds=[self.pipe.descriptor])
        return super().load(params)


class IgnoresSigterm(Hang):
    """Hangs, and cannot be asked to end."""

    def load(self, params):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        return super().load(params)


class HalfLine(Runner):
    """Dies in the middle of an answer."""

    def load(self, params):
        self.pipe.send_bytes(b'{"assay": 2, "id": 2, "result": {"preci')
        os._exit(3)


class EatsMemory(Runner):
    """Takes another 32 MB every 20 ms in its first step, in a child process of its own, and never ends."""

    glutton = "import time; eaten = []\nwhile True: eaten.append(b'x' * (32 << 20)); time.sleep(0.02)"

    def step(self, inputs):
        subprocess.run([sys.executable, "-c", self.glutton], check=False)


class WrongId(Runner):
    """Answers load with the id of another request."""

    def load(self, params):
        self.pipe.send({"assay": 2, "id": 17, "result": super().load(params)})


class NodesUnsupported(Runner):
    """Cannot do a single node, and lists them all."""

    def load(self, params):
        super().load(params)
        nodes = [(node["name"], node["op"], f"there is no {node['op']} in Fake") for node in self.graph["nodes"]]
        raise Unsupported("operator", f"{len(nodes)} nodes are unsupported", nodes)


class UnknownDevice(Runner):
    """Runs on a device of a kind that nobody knows."""

    def describe(self):
        return {**super().describe(), "devices": [{"name": "npu0", "description": "faster than it can be"}]}


class FailsAtStep(Runner):
    """Reports by itself that a step failed."""

    def step(self, inputs):
        raise RuntimeError("the device is on fire")


VARIANTS = {
    "crash-at-load": CrashAtLoad,
    "crash-at-third-load": CrashAtThirdLoad,
    "crash-at-step": CrashAtStep,
    "hang": Hang,
    "exit": Exit,
    "garbage": Garbage,
    "answers-early": AnswersEarly,
    "empty-lists": EmptyLists,
    "flood-stderr": FloodStderr,
    "flood-stdout": FloodStdout,
    "slow": Slow,
    "closes-pipe": ClosesPipe,
    "fork": Fork,
    "ignores-sigterm": IgnoresSigterm,
    "half-line": HalfLine,
    "wrong-id": WrongId,
    "eats-memory": EatsMemory,
    "unsupported": NodesUnsupported,
    "fails-at-step": FailsAtStep,
    "unknown-device": UnknownDevice,
}
