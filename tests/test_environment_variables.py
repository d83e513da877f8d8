"""docs/usage.md lists every environment variable of Assay's own that the sources read or set, and no other."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# As C++, Python and shell name them: getenv("X"), {"X", value}, environ["X"], os.environ | {"X": ...}, $X, ${X:-}, export X.
USES = [re.compile(pattern) for pattern in (
    r'(?:getenv|setenv)\("(ASSAY_[A-Z_]+)"', r'environ(?:ment)?(?:\.get)?[\[(] *"(ASSAY_[A-Z_]+)"', r'\$\{?(ASSAY_[A-Z_]+)',
    r'export [^\n]*?(ASSAY_[A-Z_]+)', r'"(ASSAY_[A-Z_]+)" *:', r'\{"(ASSAY_[A-Z_]+)", ', r'k\w+ = "(ASSAY_[A-Z_]+)"')]
# Names of CMake's options, written like variables of the shell.
OPTIONS = {"ASSAY_OPENBLAS_ROOT", "ASSAY_TESTS"}


def of_one_test(name):
    """What single tests use among themselves."""
    return name.startswith("ASSAY_TEST_") and name != "ASSAY_TEST_TOOLS"


def sources():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.is_file() and path != Path(__file__).resolve() and (path.suffix in (".cc", ".h", ".py", ".sh") or name in ("run", "test")):
            yield path.read_text()


def used():
    found = {name for text in sources() for use in USES for name in use.findall(text)}
    return {name for name in found - OPTIONS if not of_one_test(name)}


def documented():
    table = (ROOT / "docs/usage.md").read_text().split("## Environment variables")[1].split("\n## ")[0]
    return {name for line in table.splitlines() if line.startswith("| `ASSAY_") for name in re.findall(r"`(ASSAY_[A-Z_]+)`", line.split("|")[1])}


def test_the_table_is_complete():
    assert used() == documented()


def test_help_names_those_that_a_user_may_set():
    table = (ROOT / "docs/usage.md").read_text()
    users = set(re.findall(r"\| `(ASSAY_[A-Z]+)` \| the user", table))
    own = (ROOT / "src/cli/environment.cc").read_text().split("kOwn = ")[1].split("};")[0]
    assert users and users == set(re.findall(r'"(ASSAY_[A-Z]+)"', own))
