"""How this program speaks to the one that started it: a request in a JSON file, lines of JSON on standard output: {"progress": what it does}, at
the end {"ok": …} or {"refused": one line, "kind": "usage" or "data"}. Whatever else is printed goes to standard error."""

import json
import os
import sys
from pathlib import Path

REPLIES = []  # the descriptor that was standard output


class Refused(Exception):
    """`usage`: something is to be said otherwise on the command line; else the model itself is at fault."""

    def __init__(self, message, usage=False):
        super().__init__(" ".join(str(message).split()))
        self.kind = "usage" if usage else "data"


def main(work):
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    REPLIES.append(os.dup(1))
    os.dup2(2, 1)
    try:
        answer = {"ok": work(request)}
    except Refused as refused:
        answer = {"refused": str(refused), "kind": refused.kind}
    except MemoryError:
        answer = {"refused": "this machine's memory does not suffice for it", "kind": "data"}
    _say(answer)


def progress(text):
    _say({"progress": text})


def _say(line):
    if REPLIES:
        os.write(REPLIES[0], json.dumps(line).encode() + b"\n")
