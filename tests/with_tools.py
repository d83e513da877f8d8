"""Runs pytest under any environment's interpreter: the folder of packages given first (pytest among them) is searched after the
environment's own packages, which thus stay what they are.

    python with_tools.py TOOLS_ENVIRONMENT PYTEST_ARGUMENTS…
"""

import glob
import os
import sys

tools = glob.glob(os.path.join(sys.argv[1], "lib", "python3*", "site-packages"))
sys.path[:1] = []  # this script's folder
sys.path += [folder for folder in tools if folder not in sys.path]

import pytest  # noqa: E402

sys.exit(pytest.main(sys.argv[2:]))
