"""clang-format and clang-tidy over the C++ of the tree. Files that passed are remembered in the cache by their content and that of
the headers they include, so the whole tree is checked each time and only what changed costs time.

    python3 tests/lint.py [format] [tidy]
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import check_includes

ROOT = Path(__file__).resolve().parent.parent
FORMAT, TIDY = "clang-format-19", "clang-tidy-19"
BUILD = ROOT / "build/release"


def cache_dir():
    """Assay's cache, as src/base/file.h says."""
    own, xdg = os.environ.get("ASSAY_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else Path(xdg or Path.home() / ".cache") / "assay"


def sources(root=ROOT):
    """The tree's own C++ files; what a framework or a generator brought is not ours to format."""
    return [name for name in check_includes.tracked_files(root) if re.match(r"(src|sdk|frameworks|bench|tests)/.*\.(cc|h)$", name)]


def format_faults(root=ROOT):
    """The files that clang-format would change."""
    names = sources(root)
    if not names:
        return []
    done = subprocess.run([FORMAT, "--dry-run", "--Werror", *names], cwd=root, capture_output=True, text=True)
    faulty = sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: error: code should be clang-formatted", done.stderr, re.MULTILINE)))
    if done.returncode != 0 and not faulty:
        return [done.stderr.strip()]
    return [f"{name}: not formatted: {FORMAT} -i {name}" for name in faulty]


@functools.lru_cache(maxsize=None)
def closure(path):
    """The file and every file of src/ that it includes, directly or not."""
    seen, waiting = set(), [path]
    while waiting:
        one = waiting.pop()
        if one in seen or not one.exists():
            continue
        seen.add(one)
        waiting += [ROOT / "src" / header for _, header, quoted in check_includes.includes(one.read_text()) if quoted]
    return sorted(seen)


@functools.lru_cache(maxsize=None)
def tool_text():
    """What decides clang-tidy's judgement besides the sources."""
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True, text=True).stdout
    return version + (ROOT / ".clang-tidy").read_text()


def checked():
    """The files that clang-tidy reads. Tests are left out: GoogleTest's macros cost a minute a file."""
    return [name for name in sources() if re.match(r"src/.*(?<!_test)\.cc$", name)]


def units():
    """{what the compiler is given: the files in it}: one, or a dozen that include each other's headers (CMake's unity build), which clang-tidy reads
    in a quarter of the time."""
    found, wanted = {}, {str(ROOT / name) for name in checked()}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = entry["file"]
        members = re.findall(r'#include "(/.*)"', Path(file).read_text()) if "/Unity/unity_" in file else [file]
        if wanted & set(members):
            found[file] = [Path(member) for member in members]
    return found


def key_of(members):
    digest = hashlib.sha256(tool_text().encode())
    for path in sorted({path for member in members for path in closure(member)}):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def tidy_one(unit, members):
    """clang-tidy's complaints; None when there are none. A unit without complaint is remembered."""
    memory = cache_dir() / "lint" / key_of(members)
    if memory.exists():
        return None
    done = subprocess.run([TIDY, "-p", str(BUILD), "--quiet", "--extra-arg=-Wno-unknown-warning-option", unit], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.touch()
        return None
    complaints = re.findall(r"^.*: (?:error|warning): .*$", done.stdout, re.MULTILINE)
    return "\n".join(complaints).replace(str(ROOT) + "/", "") or f"{unit}: {done.stderr.strip()[-500:]}"


def tidy_faults():
    """Complaints about the .cc files of the core and their headers, each once."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [fault for fault in pool.map(lambda unit: tidy_one(*unit), units().items()) if fault]
    return sorted(set("\n".join(found).splitlines()))


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["format", "tidy"]
    faults = (format_faults() if "format" in wanted else []) + (tidy_faults() if "tidy" in wanted else [])
    print("\n".join(faults) if faults else "Nothing to complain about.")
    sys.exit(1 if faults else 0)
