"""check_includes.py finds a planted violation of each rule, and nothing in a clean tree."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_includes

MODULES = """# comment: assay_module(not a call)
function(assay_module name)
endfunction()
assay_module(base            LIBS fmt::fmt)
assay_module(graph    base   LIBS json)
assay_module(reference graph)
assay_module(runner   base)
assay_module(cli      reference)
"""

CLEAN = {
    "cmake/modules.cmake": MODULES,
    "src/base/result.h": "#pragma once\n#include <string>\n",
    "src/reference/evaluate.cc": '#include "graph/graph.h"\n#include "base/result.h"\n#include "reference/evaluate.h"\n',
    "src/reference/blas.cc": "#include <cblas.h>\n",
    "src/runner/spawn_linux.cc": '#include <sys/prctl.h>\nauto path = "/proc/self/stat";\n',
    "src/graph/json.cc": '#include <nlohmann/json.hpp>\n#include "graph/fields.h"\n',
    "src/graph/fields.h": "#include <nlohmann/json.hpp>\n",
    "docs/text.md": "see build/work/x, the /proc file system and ~/.cache\n",
}

PRIVATE = "/ro" + "ot/x"
REGISTRY = "https://py" + "pi.org/simple"

PLANTED = [
    ("src/graph/bad.cc", '#include "reference/evaluate.h"\n', "graph may not include"),
    ("src/runner/bad.cc", '#include "graph/graph.h"\n', "graph among its uses"),
    ("src/base/bad.h", '#include "other/file.h"\n', "declared module"),
    ("src/base/bad.cc", '#include "result.h"\n', "declared module"),
    ("src/stranger/a.cc", "\n", "not declared"),
    ("src/graph/bad.cc", "#include <google/protobuf/message.h>\n", "src/onnx/"),
    ("src/reference/bad.cc", "#include <cblas.h>\n", "blas"),
    ("src/base/bad.h", "#include <toml++/toml.h>\n", "src/base/toml_reader"),
    ("src/reference/bad.cc", '#include "graph/fields.h"\n', "only .cc files beside it"),
    ("src/graph/bad.h", '#include "graph/fields.h"\n', "only .cc files beside it"),
    ("src/base/bad.cc", "#include <sys/prctl.h>\n", "_linux.cc"),
    ("src/runner/bad.cc", 'open("/proc/self/exe");\n', "_linux.cc"),
    ("docs/bad.md", f"as in {PRIVATE}/y\n", "private path"),
    ("frameworks/x/setup.sh", f"pip install --index-url {REGISTRY}\n", "registry"),
    ("src/helpers/a.txt", "x\n", "folder named helpers"),
    ("tests/long.py", "x = 1\n" * 401, "401 lines"),
]


def tree(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def test_a_clean_tree_has_no_violation(tmp_path):
    assert list(check_includes.violations(tree(tmp_path, CLEAN))) == []


@pytest.mark.parametrize("name, text, fault", PLANTED, ids=[f"{name}: {fault}" for name, _, fault in PLANTED])
def test_a_planted_violation_is_found(tmp_path, name, text, fault):
    found = list(check_includes.violations(tree(tmp_path, CLEAN | {name: text})))
    assert len(found) == 1, found
    assert fault in found[0] and found[0].startswith(name)


def test_uses_must_be_declared_before(tmp_path):
    root = tree(tmp_path, CLEAN | {"cmake/modules.cmake": "assay_module(a b)\nassay_module(b)\n"})
    with pytest.raises(SystemExit, match="a uses b"):
        list(check_includes.violations(root))


def test_ignored_files_do_not_count(tmp_path):
    root = tree(tmp_path, CLEAN | {".gitignore": "/build/\n", "build/x.md": PRIVATE})
    assert list(check_includes.violations(root)) == []
