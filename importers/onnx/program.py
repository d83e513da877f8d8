"""A program of the importer: a request in a JSON file, an answer on standard output, {"ok": …} or {"refused": one line, "kind": "usage" or
"data"}. Files are from outside: memory is limited here, and who started the process ends it when it takes too long."""

import json
import os
import resource
import sys
from pathlib import Path

from refused import Refused


def main(work):
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints
    answer = _answer(work, request)
    os.write(replies, json.dumps(answer).encode())


def _answer(work, request):
    try:
        return {"ok": work(request)}
    except Refused as refused:
        return {"refused": str(refused), "kind": refused.kind}
    except MemoryError:
        return {"refused": f"reading it takes more than the {request['memory'] >> 20} MB that a file of its size may take", "kind": "data"}
    except RecursionError:
        return {"refused": "its graphs are nested too deeply", "kind": "data"}
