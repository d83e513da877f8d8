"""`assay setup` with a framework of the test's own: killed at any moment it goes on, offline it says what to fetch, and what the user set for
pip, cargo and proxies reaches the script."""

import random
import signal
import subprocess
import time

import pytest
from steps import home_of_steps

BUILD = """download_mb = 123
disk_mb = 1
minutes = 0.1"""

# Each step takes a while, must not find half of itself, and is done once.
STEPS = """set -euo pipefail
cd "$ASSAY_BUILD_DIR"
for step in 1 2 3 4 5; do
  [ -e step$step ] && continue
  echo "step $step"
  echo half > step$step.part
  sleep 0.3
  echo done >> made
  mv step$step.part step$step
done
"""


@pytest.fixture
def home(assay, tmp_path):
    """A tree with that one framework; its cache is the test's own."""
    return home_of_steps(assay, tmp_path, BUILD, {"setup.sh": STEPS})


def build_of(home):
    return next(folder for folder in (home / "cache/frameworks/steps").iterdir() if folder.is_dir())


def test_a_set_up_that_is_killed_anywhere_goes_on(assay, home):
    moments = random.Random()
    for _ in range(6):
        process = assay.start("setup", "steps")
        time.sleep(moments.uniform(0.02, 0.8))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        stamped = list((home / "cache/frameworks/steps").glob("*/stamp")) if (home / "cache/frameworks").exists() else []
        assert not stamped or (build_of(home) / "step5").exists(), "a stamp means that all is there"
    done = assay("setup", "steps", timeout=60)
    assert done.code == 0, done.err
    build = build_of(home)
    assert (build / "stamp").exists() and all((build / f"step{step}").exists() for step in range(1, 6))
    assert (build / "made").read_text().count("done") >= 5
    again = assay("setup", "steps")
    assert again.code == 0 and not again.err, "it is ready"


def test_a_killed_set_up_leaves_no_script_behind(assay, home):
    (home / "home/frameworks/steps/setup.sh").write_text("touch $ASSAY_BUILD_DIR/begun\nsleep 300\n")
    process = assay.start("setup", "steps")
    while not list((home / "cache").glob("frameworks/steps/*/begun")):
        time.sleep(0.02)
    process.kill()
    process.communicate()
    (home / "home/frameworks/steps/setup.sh").write_text("exit 0\n")
    began = time.monotonic()
    assert assay("setup", "steps", timeout=100).code == 0
    assert time.monotonic() - began < 30, "nobody holds its lock"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_sets_up_is_interrupted_at_once(assay, home, sent):
    """Not when the script has ended, which may take minutes; and the script's own processes end with it."""
    (home / "home/frameworks/steps/setup.sh").write_text("touch $ASSAY_BUILD_DIR/begun\nsleep 301 &\nwait\n")
    process = assay.start("run", "--setup", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "steps")
    while not list((home / "cache").glob("frameworks/steps/*/begun")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and time.monotonic() - began < 20, err
    assert not subprocess.run(["pgrep", "-f", "^sleep 301"], capture_output=True).stdout


def test_offline_it_says_what_to_fetch(assay, home):
    (home / "home/frameworks/steps/setup.sh").write_text("env > $ASSAY_BUILD_DIR/seen\nexit 7\n")
    done = assay("setup", "steps", "--offline")
    assert done.code == 4
    assert "needed.lock" in done.err and "123 MB" in done.err and "assay setup steps" in done.err and "PIP_FIND_LINKS" in done.err
    seen = (build_of(home) / "seen").read_text().splitlines()
    assert {"PIP_NO_INDEX=1", "CARGO_NET_OFFLINE=true", "UV_OFFLINE=1", "ASSAY_OFFLINE=1"} <= set(seen)


def test_what_the_user_set_for_the_network_is_passed_on(assay, home):
    (home / "home/frameworks/steps/setup.sh").write_text("env > $ASSAY_BUILD_DIR/seen\n")
    theirs = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost", "PIP_INDEX_URL": "https://mirror/simple", "PIP_FIND_LINKS": "/wheels",
              "CARGO_HTTP_PROXY": "proxy:3128", "UV_INDEX_URL": "https://mirror/simple", "SSL_CERT_FILE": "/certificates.pem"}
    assert assay("setup", "steps", **theirs).code == 0
    seen = (build_of(home) / "seen").read_text().splitlines()
    assert {f"{name}={value}" for name, value in theirs.items()} <= set(seen)
    assert not [line for line in seen if line.startswith(("PIP_NO_INDEX=1", "ASSAY_OFFLINE"))]


HIDDEN = """
[[build]]
name = "much"
script = "setup.sh"
inputs = ["needed.lock"]
download_mb = 9000
disk_mb = 1
minutes = 0.1

[[variant]]
name = "large"
hidden = true
build = "much"
command = ["bash", "{framework}/runner.sh"]
"""


def test_what_only_a_hidden_variant_needs_is_set_up_when_that_is_named(assay, home):
    manifest = home / "home/frameworks/steps/framework.toml"
    manifest.write_text(manifest.read_text() + HIDDEN)

    def set_up(*names):
        return [build["build"] for build in assay("setup", "--json", *names).document["builds"]]
    assert set_up("steps") == set_up() == set_up("steps/only") == ["tree"]
    assert set_up("steps/large") == ["much"]
    assert sorted(set_up("steps", "steps/large", "steps/only")) == ["much", "tree"]
    unknown = assay("setup", "steps/lage")
    assert unknown.code == 2 and "large" in unknown.err


ELSEWHERE = HIDDEN + """devices = ["directml"]
"""


def test_a_variant_that_cannot_run_here_is_refused_before_anything_is_done(assay, home):
    """Nothing is set up of the others that were named beside it, either: who named it learns so at once."""
    manifest = home / "home/frameworks/steps/framework.toml"
    manifest.write_text(manifest.read_text() + ELSEWHERE)
    done = assay("setup", "steps", "steps/large")
    assert done.code == 4
    assert done.err == "assay: steps/large cannot run here: the device directml exists only on windows, and this is linux\n"
    assert not (home / "cache/frameworks").exists()
    assert assay("setup", "steps").code == 0
