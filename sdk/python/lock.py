#!/usr/bin/env python3
"""Writes a lock file for pip: exact versions and hashes of packages and all they depend on, for several versions of Python.

    python3 lock.py [--python 3.11,3.12] [--glibc 28] [--without NAME] NAME==VERSION… > requirements.lock

Asks pip, with the user's own configuration, what it would install on x86-64 Linux; downloads metadata only where the index
offers it. `pip install --no-deps --require-hashes -r requirements.lock` then installs exactly that. `--without` leaves out a package
that another environment brings (torch, of which there is one copy on a machine), and all that only it needs. `--glibc` takes packages
that want a newer C library than 2.28, for a framework that has no others.
"""

import argparse
import json
import subprocess
import sys

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name


def platforms(glibc):
    """The tags of wheels for a C library of version 2.`glibc`."""
    return [f"manylinux_2_{minor}_x86_64" for minor in range(glibc, 4, -1)] + ["manylinux2014_x86_64"]


def resolve(python, glibc, packages):
    """What pip would install for that version of Python: its report's list."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-",
               "--only-binary=:all:", "--python-version", python, "--implementation", "cp", "--target", "."]
    for platform in platforms(glibc):
        command += ["--platform", platform]
    return json.loads(subprocess.run(command + packages, check=True, stdout=subprocess.PIPE).stdout)["install"]


def needed(entries, python, packages, without):
    """The names that remain when nobody follows a dependency on one of `without`."""
    environment = {"python_version": python, "python_full_version": python + ".0", "extra": ""}
    requires = {canonicalize_name(entry["metadata"]["name"]): entry["metadata"].get("requires_dist", []) for entry in entries}
    open_names, reached = [canonicalize_name(Requirement(package).name) for package in packages], set()
    while open_names:
        name = open_names.pop()
        if name in reached or name in without:
            continue
        reached.add(name)
        wanted = [Requirement(text) for text in requires.get(name, [])]
        open_names += [canonicalize_name(one.name) for one in wanted if not one.marker or one.marker.evaluate(environment)]
    return reached


def merge(pythons, glibc, packages, without):
    """{name: {version: (hashes, pythons)}} over all versions of Python."""
    merged = {}
    for python in pythons:
        entries = resolve(python, glibc, packages)
        kept = needed(entries, python, packages, without)
        for entry in entries:
            name = canonicalize_name(entry["metadata"]["name"])
            if without and name not in kept:
                continue
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
    parser.add_argument("--glibc", type=int, default=28, metavar="MINOR", help="the newest C library 2.MINOR that packages may want")
    parser.add_argument("--without", default=[], action="append", metavar="NAME", help="comes from another environment")
    parser.add_argument("package", nargs="+", help="NAME==VERSION")
    arguments = parser.parse_args()
    pythons = arguments.python.split(",")
    words = ([] if arguments.glibc == 28 else [f"--glibc {arguments.glibc}"])
    words += [f"--without {name}" for name in arguments.without] + arguments.package
    print(f"# x86-64 Linux, CPython {', '.join(pythons)}. Written by sdk/python/lock.py for: {' '.join(words)}")
    for line in lines(merge(pythons, arguments.glibc, arguments.package, set(arguments.without)), pythons):
        print(line)


if __name__ == "__main__":
    main()
