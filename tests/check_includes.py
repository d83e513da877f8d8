#!/usr/bin/env python3
"""Checks what the compiler cannot: the include rule of cmake/modules.cmake, where Linux and heavy headers may appear, and a few
rules for every file of the tree. Prints one line a violation and exits with 1 when there are any.

    python3 tests/check_includes.py [ROOT]
"""

import re
import subprocess
import sys
from pathlib import Path

MOST_LINES = 400
FORBIDDEN_FOLDERS = {"util", "utils", "common", "helpers", "manager"}
SOURCE = {".cc", ".h", ".py", ".sh", ".rs", ".cmake", ".ts", ".tsx", ".mjs", ".css"}

# Headers that cost seconds a translation unit, or that only one place may know. (start of the header, where it may be included)
HEAVY = [
    ("google/protobuf/", r"src/onnx/[^/]*\.cc"),
    ("onnx.pb.h", r"src/onnx/[^/]*\.cc"),
    ("CLI/", r"src/cli/((\w+_)?arguments\.cc|words\.cc|validators\.h)"),
    ("toml++/", r"src/base/toml_reader\.h"),
    ("sqlite3.h", r"src/store/[^/]*"),
    ("cblas.h", r"src/reference/blas\.cc"),
    ("hwloc", r"src/host/[^/]*"),
]
JSON = "nlohmann/json.hpp"  # in a .cc file, or in a header that only .cc files of its own folder include

LINUX_HEADERS = re.compile(
    r"^(linux/.*|sched\.h|mntent\.h|sys/(prctl|epoll|signalfd|eventfd|timerfd|inotify|pidfd|syscall|sysinfo|statfs|vfs|ptrace)\.h)$")
LINUX_PATHS = re.compile(r'["/](proc|sys)/(self|sys|pressure|stat|meminfo|cpuinfo|loadavg|driver|fs|class|devices|kernel)\b')
LINUX_PLACES = re.compile(r"src/(host|runner)/([^/]*_linux\.(cc|h)|[^/]*_test\.cc)")

# Composed, so that this file does not contain what it looks for: hosts of package registries, and folders of private machines.
FORBIDDEN_TEXT = [
    (re.compile("|".join(re.escape(part + rest) for part, rest in [
        ("py", "pi.org"), ("python", "hosted.org"), ("crates", ".io"), ("npmjs", ".org"), ("proxy.", "golang.org"),
        ("maven", ".org"), ("deb.", "debian.org")])), "names a package registry's host"),
    (re.compile(r"(?<![\w.}\-])/(" + "|".join(["ro" + "ot", "wo" + "rk", "ho" + r"me/\w+"]) + r")(?=/)"), "names a private path"),
    (re.compile("shared/" + "design|BRIEF" + r"\.md"), "speaks of a document that is not in the tree"),
]
TEXT_EXEMPT = {"Cargo.lock"}  # written by Cargo, which puts its registry's address into every entry


def modules(root):
    """{module: set of modules it may include, itself among them} from cmake/modules.cmake; uses are transitive."""
    text = re.sub(r"#.*", "", (root / "cmake/modules.cmake").read_text())
    direct = {}
    for call in re.findall(r"^assay_module\(([^)]*)\)", text, re.MULTILINE):
        name, *uses = re.split(r"\bLIBS\b", call)[0].split()
        direct[name] = uses
    allowed = {}
    for name, uses in direct.items():  # a module may only use modules above it, so theirs are known already
        unknown = [use for use in uses if use not in allowed]
        if unknown:
            raise SystemExit(f"cmake/modules.cmake: {name} uses {', '.join(unknown)}, not declared before it")
        allowed[name] = {name}.union(*(allowed[use] for use in uses)) if uses else {name}
    return allowed


def tracked_files(root):
    """Files that are in the repository or could be added: not those that git ignores."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], check=True, capture_output=True)
    names = [name for name in listing.stdout.decode().split("\0") if name]
    return sorted(name for name in names if (root / name).is_file() and not (root / name).is_symlink())


def includes(text):
    """(line number, header, whether it was in quotation marks) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line):
            yield number, match[2], match[1] == '"'


def module_faults(name, text, allowed):
    """Includes of the core against the rule of modules."""
    parts = name.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return
    if parts[1] not in allowed:
        yield f"{name}:1: the folder src/{parts[1]} is not declared in cmake/modules.cmake"
        return
    for number, header, quoted in includes(text):
        if not quoted or header == "onnx.pb.h":
            continue
        target = header.split("/")[0] if "/" in header else ""
        if target not in allowed:
            yield f'{name}:{number}: include "{header}" is not of the form "module/file.h" of a declared module'
        elif target not in allowed[parts[1]]:
            yield f'{name}:{number}: {parts[1]} may not include "{header}": cmake/modules.cmake does not list {target} among its uses'


def header_faults(name, text):
    """Headers and paths that only some places may know."""
    for number, header, _ in includes(text):
        for start, where in HEAVY:
            if header.startswith(start) and not re.fullmatch(where, name):
                yield f"{name}:{number}: <{header}> may be included only in {where}"
        if LINUX_HEADERS.match(header) and not LINUX_PLACES.fullmatch(name):
            yield f"{name}:{number}: <{header}> belongs in host/*_linux.cc or runner/*_linux.cc"
    if LINUX_PLACES.fullmatch(name):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if LINUX_PATHS.search(line.split("//")[0]):
            yield f"{name}:{number}: a path of Linux belongs in host/*_linux.cc or runner/*_linux.cc"


def json_faults(texts):
    """Headers that include the JSON library and are included by other headers or folders, which then pay for it too."""
    costly = {name.removeprefix("src/") for name, text in texts.items()
              if name.endswith(".h") and any(header == JSON for _, header, _ in includes(text))}
    for name, text in texts.items():
        folder = name.removeprefix("src/").rpartition("/")[0]
        for number, header, quoted in includes(text):
            if quoted and header in costly and (name.endswith(".h") or header.rpartition("/")[0] != folder):
                yield f'{name}:{number}: "{header}" includes <{JSON}>: only .cc files beside it may include it'


def general_faults(name, text):
    """What holds for every file."""
    path = Path(name)
    for folder in path.parts[:-1]:
        if folder in FORBIDDEN_FOLDERS:
            yield f"{name}: a folder named {folder} says nothing about what is in it"
    lines = text.count("\n")
    if path.suffix in SOURCE and lines > MOST_LINES:
        yield f"{name}: {lines} lines; over {MOST_LINES} a file is two"
    if path.name in TEXT_EXEMPT:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, fault in FORBIDDEN_TEXT:
            if match := pattern.search(line):
                yield f"{name}:{number}: {fault}: {match[0]}"


def violations(root):
    allowed = modules(root)
    sources = {}
    for name in tracked_files(root):
        try:
            text = (root / name).read_text()
        except UnicodeDecodeError:
            continue  # not a text
        yield from general_faults(name, text)
        if name.endswith((".cc", ".h")):
            yield from header_faults(name, text)
            yield from module_faults(name, text, allowed)
            sources[name] = text
    yield from json_faults(sources)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    found = list(violations(root))
    print("\n".join(found) if found else "The include rule and the rules of the tree hold.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
