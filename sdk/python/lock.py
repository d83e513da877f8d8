#!/usr/bin/env python3
"""Writes a lock file for pip: exact versions and hashes of packages and all they depend on, for several versions of Python.

    python3 lock.py [--python 3.11,3.12] NAME==VERSION… > requirements.lock

Asks pip, with the user's own configuration, what it would install on x86-64 Linux; downloads metadata only where the index
offers it. `pip install --require-hashes -r requirements.lock` then installs exactly that.
"""

import argparse
import json
import subprocess
import sys

PLATFORMS = [f"manylinux_2_{glibc}_x86_64" for glibc in range(28, 4, -1)] + ["manylinux2014_x86_64"]


def resolve(python, packages):
    """What pip would install for that version of Python: its report's list."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-",
               "--only-binary=:all:", "--python-version", python, "--implementation", "cp", "--target", "."]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    return json.loads(subprocess.run(command + packages, check=True, stdout=subprocess.PIPE).stdout)["install"]


def merge(pythons, packages):
    """{name: {version: (hashes, pythons)}} over all versions of Python."""
    merged = {}
    for python in pythons:
        for entry in resolve(python, packages):
            name = entry["metadata"]["name"].lower().replace("_", "-")
            hashes, served = merged.setdefault(name, {}).setdefault(entry["metadata"]["version"], (set(), []))
            hashes.add(entry["download_info"]["archive_info"]["hashes"]["sha256"])
            served.append(python)
    return merged


def lines(merged, pythons):
    """The lock file's lines. A package that only some versions of Python need carries a marker."""
    for name, versions in sorted(merged.items()):
        for version, (hashes, served) in sorted(versions.items()):
            marker = "" if served == pythons else " ; " + " or ".join(f'python_version == "{one}"' for one in served)
            yield f"{name}=={version}{marker}" + "".join(f" \\\n    --hash=sha256:{one}" for one in sorted(hashes))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default="3.11,3.12,3.13", help="versions of CPython, comma separated")
    parser.add_argument("package", nargs="+", help="NAME==VERSION")
    arguments = parser.parse_args()
    pythons = arguments.python.split(",")
    print(f"# x86-64 Linux, CPython {', '.join(pythons)}. Written by sdk/python/lock.py for: {' '.join(arguments.package)}")
    for line in lines(merge(pythons, arguments.package), pythons):
        print(line)


if __name__ == "__main__":
    main()
