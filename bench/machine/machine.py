"""The machine that is looked at: what `assay limits` says of it, and how it is called."""

import json
import platform
import re
import subprocess
from pathlib import Path


def limits(assay, threads):
    """`assay limits --json`."""
    done = subprocess.run([assay, "limits", "--json", "--threads", str(threads)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def cpu_numbers():
    """Family and model, since a name like "AMD EPYC" says little; empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = [re.search(rf"^{name}\s*: (\d+)$", text, re.MULTILINE) for name in ("cpu family", "model")]
    return f"family {found[0][1]} model {found[1][1]}" if all(found) else ""


def described(document):
    found = document["limits"]
    return {"cpu": document["host"]["cpu"], "cpu_numbers": cpu_numbers(), "system": f"{platform.system()} {platform.release()}",
            "threads": found["threads"], "measured": found["measured"], "disturbed": found["disturbed"],
            "large_pages": found["large_pages"], "peaks": found["peaks"]}


def title(result):
    numbers = f" ({result['cpu_numbers']})" if result["cpu_numbers"] else ""
    return f"{result['cpu']}{numbers}, {result['threads']} threads"
