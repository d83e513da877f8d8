"""The other side of a comparison as a program of Cargo's."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def compiled(crate):
    """The program of the crate in a folder, compiled as the runner is."""
    command = ["bash", ROOT / "sdk/rust/cargo.sh", "build", "--profile", "release", "--message-format", "json-render-diagnostics"]
    done = subprocess.run(command, cwd=crate, check=True, stdout=subprocess.PIPE, text=True)
    return [program for line in done.stdout.splitlines() if (program := json.loads(line).get("executable"))][-1]
