#!/usr/bin/env python3
"""Checks that a framework is named in its own folder only: neither the core nor the tests nor the benchmarks know which frameworks there
are. Names are those of the folders in frameworks/, their titles, and the packages that their lock files were written for.

    python3 tests/check_names.py [ROOT]
"""

import re
import sys
import tomllib
from pathlib import Path

from check_includes import tracked_files

TEST_DOUBLE = "fake"  # belongs to the tests
PLACES = ("src/", "tests/", "bench/", "docs/results/")
# What may have the names: pages for people, what pip wrote, and what was measured or listed.
DATA = {".md", ".lock", ".json", ".jsonl", ".svg", ".tsv"}
# Words of file formats that others made and that happen to hold a name: a key of GGUF, how types in checkpoints' configurations begin, and a
# folder beside checkpoints.
# Composed, so that this file does not contain what it looks for.
FORMATS = re.compile("|".join(re.escape(f'"{one}"') for one in ("tokenizer.gg" + "ml.model", "tor" + "ch.")) + '|"open' + 'vino", "original"')


def spellings(folder):
    """How a framework may be named."""
    manifest = tomllib.loads((folder / "framework.toml").read_text())
    yield from {folder.name, folder.name.replace(".", "_"), manifest.get("title", folder.name)}
    for lock in folder.glob("*.lock"):
        if match := re.search(r"Written by \S+ for: (?:--without \S+ )*([\w-]+)==", lock.read_text()):
            yield match[1]


def pattern(root):
    """Whole words in any case: torch_dtype and pytorch_model.bin are words of their own."""
    folders = [path.parent for path in root.glob("frameworks/*/framework.toml") if path.parent.name != TEST_DOUBLE]
    names = sorted({name for folder in folders for name in spellings(folder)})
    return re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE) if names else None


def faults(root):
    named = pattern(root)
    for name in tracked_files(root) if named else ():
        if not name.startswith(PLACES) or Path(name).suffix in DATA or not (root / name).is_file():
            continue
        for number, line in enumerate((root / name).read_text(errors="replace").splitlines(), 1):
            if match := named.search(FORMATS.sub("", line)):
                yield f"{name}:{number}: names a framework, {match[0]}: it belongs into that framework's folder"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    found = list(faults(root))
    print("\n".join(found) if found else "No framework is named outside its folder.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
