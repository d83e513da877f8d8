"""A tree with one framework of a test's own, "steps", and a cache of its own."""

from program import own_cache

MANIFEST = """name = "steps"
title = "Steps"
language = "Bash"
licence = "Apache-2.0"

[[build]]
name = "tree"
script = "setup.sh"
inputs = ["needed.lock"]
{build}

[[variant]]
name = "only"
build = "tree"
command = ["bash", "{{framework}}/runner.sh"]
"""


def home_of_steps(assay, tmp_path, build, files):
    """Returns the folder that holds home/ and cache/. `build`: more lines of the build; `files`: of the framework, by name."""
    framework = tmp_path / "home/frameworks/steps"
    framework.mkdir(parents=True)
    for name, text in {"framework.toml": MANIFEST.format(build=build), "needed.lock": "something==1.0\n", **files}.items():
        (framework / name).write_text(text)
    assay.environment |= {"ASSAY_HOME": str(tmp_path / "home")} | own_cache(tmp_path)
    return tmp_path
