"""The machine is suspended in the middle of a visit: the visit is marked, and no deadline fires. A library put before the system's own lets
CLOCK_BOOTTIME jump by an hour, as a sleep does."""

import sqlite3

from program import preloaded
from test_interruption import wait_for_visits

HOUR_S = 3600

# Snapshots of the surroundings ask this clock, before and after the timed steps: what lies a quarter of a second apart are the two of a
# visit that no question shortened. From such a second one on it is an hour later.
LIBRARY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static double asked, slept;
static double seconds(const struct timespec* time) { return time->tv_sec + 1e-9 * time->tv_nsec; }
int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*system)(clockid_t, struct timespec*);
  if (!system) system = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = system(clock, now);
  if (clock != CLOCK_BOOTTIME) return result;
  const double since = asked ? seconds(now) - asked : 0;
  asked = seconds(now);
  if (since > 0.25 && getenv("ASLEEP") && access(getenv("ASLEEP"), F_OK) == 0) slept = 1;
  if (slept) now->tv_sec += 3600;
  return result;
}
"""


def test_a_sleep_marks_the_visit_and_fires_no_deadline(assay, tmp_path):
    assay.environment |= {"LD_PRELOAD": str(preloaded(tmp_path, LIBRARY)), "ASLEEP": str(tmp_path / "asleep")}
    process = assay.start("run", "-m", "smollm2-135m", "--size", "tiny", "-w", "inference", "-f", "fake/honest", "-f", "fake/fork", "--rounds",
                          12, "--deadline", "100s")
    wait_for_visits(assay, process, 1)
    (tmp_path / "asleep").touch()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    with sqlite3.connect(assay.environment["ASSAY_STORE"]) as database:
        marked = database.execute("SELECT suspended_s FROM visit WHERE suspended_s > 0.01").fetchall()
        awake, = database.execute("SELECT count(*) FROM visit WHERE suspended_s <= 0.01").fetchone()
        failures, = database.execute("SELECT count(*) FROM failure").fetchone()
    assert len(marked) == 1 and abs(marked[0][0] - HOUR_S) < 1
    assert awake == 23 and failures == 0
