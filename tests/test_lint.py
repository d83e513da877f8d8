"""What clang-tidy is given to read."""

import json

import lint


def units(tmp_path, monkeypatch, *files):
    (tmp_path / "compile_commands.json").write_text(json.dumps([{"file": str(file)} for file in files]))
    monkeypatch.setattr(lint, "BUILD", tmp_path)
    return {unit: [path.name for path in members] for unit, members in lint.units().items()}


def test_a_file_that_is_compiled_for_itself_is_a_unit_and_tests_are_none(tmp_path, monkeypatch):
    one, test = lint.ROOT / "src/base/file.cc", lint.ROOT / "src/base/base_test.cc"
    assert units(tmp_path, monkeypatch, one, test) == {str(one): ["file.cc"]}


def test_files_that_are_compiled_together_are_one(tmp_path, monkeypatch):
    dozen = tmp_path / "Unity/unity_0_cxx.cxx"
    dozen.parent.mkdir()
    dozen.write_text("".join(f'#include "{lint.ROOT}/src/base/{name}.cc"\n\n' for name in ("file", "hash")))
    assert units(tmp_path, monkeypatch, dozen) == {str(dozen): ["file.cc", "hash.cc"]}


def test_every_file_that_is_to_be_read_is_in_a_unit():
    known = {str(member) for members in lint.units().values() for member in members}
    assert not [name for name in lint.checked() if str(lint.ROOT / name) not in known]
