"""The pipe to the core, by hand. A faulty runner may replace `send`, the only way out."""

import json
import os

from honest import Unsupported

VERSION = 2


class Pipe:
    """Takes descriptors 0 and 1 for itself; afterwards 0 is /dev/null and 1 is 2."""

    def __init__(self):
        self.reader = os.fdopen(os.dup(0), "rb")
        self.descriptor = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)

    def requests(self):
        for line in self.reader:
            request = json.loads(line)
            self.last_id = request["id"]
            yield request

    def send(self, message):
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data):
        while data:
            data = data[os.write(self.descriptor, data) :]


def serve(runner, pipe):
    """Answers until `close` or the end of input."""
    for request in pipe.requests():
        reply = {"assay": VERSION, "id": request["id"]}
        try:
            reply["result"] = answer(runner, request["method"], request.get("params", {}))
        except Unsupported as unsupported:
            nodes = [{"node": node, "op": op, "message": message} for node, op, message in unsupported.nodes]
            reply["error"] = error("unsupported", unsupported.reason, str(unsupported), nodes)
        except Exception as exception:  # whatever it is, it is the answer
            reply["error"] = error("failed", "", f"{type(exception).__name__}: {exception}", [])
        pipe.send(reply)
        if request["method"] == "close":
            return


def answer(runner, method, params):
    if method == "describe":
        return runner.describe()
    if method == "load":
        return runner.load(params)
    if method == "inputs":
        runner.take_inputs(params["path"], params["sets"])
        return {}
    if method == "steps":
        return {"samples_ns": runner.timed_steps(params["count"])}
    if method == "outputs":
        return {"set": runner.outputs(params["path"])}
    if method == "close":
        return {}
    raise ValueError(f"unknown method {method}")


def error(outcome, reason, message, nodes):
    return {"outcome": outcome, "reason": reason, "message": message, "nodes": nodes}
