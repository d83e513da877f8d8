"""What a run shows in a terminal, seen through one: a status line that fits, tells the time left and is gone at the end; and without one,
plain lines."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time

import pytest
from program import PROGRAM, Assay
from steps import home_of_steps

RUN = ["run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "fake/honest", "-f", "fake/zeros", "--rounds", 2]


def in_terminal(assay, *arguments, columns=64, own_output=True, **variables):
    """Runs the program with its standard error, and with its output too, in a terminal; what came there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in assay.environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(assay.command(*arguments), stdin=subprocess.DEVNULL, stdout=theirs if own_output else subprocess.DEVNULL,
                               stderr=theirs, env=environment | {"TERM": "xterm"} | variables)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break  # the other side is closed
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.wait()
    return shown.decode()


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return in_terminal(Assay(tmp_path_factory.mktemp("terminal")), *RUN)


def states(text):
    """The states of the status line: what follows an erased line and is followed by no line break."""
    return [piece for piece in re.findall(r"\r\x1b\[K([^\r\n]*)(?=\r(?!\n)|$)", text) if piece]


def screen(text):
    """What a terminal that is wide enough has left in the end."""
    lines = [""]
    for piece in re.split(r"(\r\n|\r|\n|\x1b\[K)", text):
        if piece in ("\r\n", "\n"):
            lines.append("")
        elif piece == "\x1b[K":
            lines[-1] = ""
        elif piece != "\r":
            lines[-1] += piece
    return lines


def test_the_status_line_fits_and_is_never_half_a_line(shown):
    found = states(shown)
    assert len(found) > 5
    assert all(len(state) < 64 for state in found)
    assert all(state.startswith(("[1/1] smollm2-135m tiny inference", "  ")) for state in found), found


def test_the_time_left_is_shown(shown):
    assert any(re.search(r"\d+(\.\d+)? (ms|s|min) left", state) for state in states(shown)), states(shown)


def test_nothing_of_it_is_left_at_the_end(shown):
    lines = screen(shown)
    assert lines[-1] == "" and not [line for line in lines if " left" in line or "cold launch of" in line], lines
    assert [line for line in lines if "fake/honest@cpu" in line]


def test_columns_says_how_wide(tmp_path):
    narrow = in_terminal(Assay(tmp_path), *RUN[:-1], 1, COLUMNS="40")
    assert max(map(len, states(narrow))) == 39


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run without a terminal, and the program with its store."""
    assay = Assay(tmp_path_factory.mktemp("plain"))
    return assay, assay(*RUN)


def test_colours_are_shown_unless_they_are_not_wanted(plain):
    assay, _ = plain
    assert "\x1b[9;31m" in in_terminal(assay, "show", "last"), "a wrong one is struck through"
    assert "\x1b" not in in_terminal(assay, "show", "last", NO_COLOR="1")
    assert "\x1b" not in in_terminal(assay, "show", "last", TERM="dumb")
    assert "\x1b" not in assay("show", "last").out, "no terminal"


def test_without_a_terminal_there_are_plain_lines(plain):
    _, done = plain
    assert "\x1b" not in done.err + done.out and "\r" not in done.err + done.out
    assert "measuring" in done.err


MANY_LINES = """for i in $(seq 20000); do echo "warning $i: unused"; done
echo "[7/9] Building last.o"
for i in $(seq 20000 40000); do echo "warning $i: unused"; done
sleep 1
exit 0
"""
COSTS = "download_mb = 1\ndisk_mb = 1\nminutes = 2"


@pytest.fixture
def talkative(tmp_path):
    """A framework whose set-up prints 40,000 lines; the program, and its cache."""
    assay = Assay(tmp_path)
    return assay, home_of_steps(assay, tmp_path, COSTS, {"setup.sh": MANY_LINES}) / "cache"


def log_of(cache):
    return next(cache.glob("frameworks/steps/*/setup.log")).read_text()


def test_a_set_up_is_one_line_in_a_terminal_and_its_log_has_all(talkative):
    assay, cache = talkative
    seen = in_terminal(assay, "setup", "steps")
    assert seen.count("\n") == 2 and len(states(seen)) < 100, seen
    assert re.fullmatch(r"  Steps: \d+:\d\d, about 2 min left  \[7/9\] Building last\.o", states(seen)[-1]), states(seen)
    assert log_of(cache).count("\n") == 40002


def test_a_set_up_that_fails_shows_only_its_end(talkative):
    assay, cache = talkative
    script = cache.parent / "home/frameworks/steps/setup.sh"
    script.write_text(script.read_text().replace("exit 0", "exit 3"))
    seen = in_terminal(assay, "setup", "steps", columns=100)
    assert "warning 40000" in seen and "warning 39000" not in seen and seen.count("\n") < 25, seen
    assert log_of(cache).count("\n") == 40002


def test_a_set_up_without_a_terminal_is_a_few_lines(talkative):
    assay, _ = talkative
    done = assay("setup", "steps")
    assert done.code == 0 and done.err.count("\n") == 2 and "warning" not in done.err, done.err


def test_bash_completes_while_it_is_typed(tmp_path):
    """The tab key, in a shell in a terminal."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/assay").symlink_to(PROGRAM)
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                             env=os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TERM": "xterm", "INPUTRC": "/dev/null",
                                               "HOME": str(tmp_path)})
    os.close(theirs)
    os.write(ours, b"source <(assay completion bash); echo rea''dy\n")
    wait_for(ours, b"ready\r\n")
    os.write(ours, b"assay run -m smollm2-36\t")
    text = wait_for(ours, b"smollm2-360m ")
    shell.kill()
    shell.wait()
    os.close(ours)
    assert b"smollm2-360m " in text


def wait_for(terminal, text):
    shown = b""
    deadline = time.monotonic() + 30
    os.set_blocking(terminal, False)
    while text not in shown and time.monotonic() < deadline:
        try:
            shown += os.read(terminal, 65536)
        except BlockingIOError:
            time.sleep(0.02)
    return shown
