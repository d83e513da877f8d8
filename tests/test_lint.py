"""What clang-tidy is told of the compiler's commands."""

import json

import lint


def entries(tmp_path, monkeypatch, *commands):
    (tmp_path / "compile_commands.json").write_text(json.dumps([{"directory": "/b", "command": f"c++ -O2 -c {file}", "file": file} for file in commands]))
    monkeypatch.setattr(lint, "BUILD", tmp_path)
    return {entry["file"]: entry["command"] for entry in lint.compile_commands()}


def test_a_file_that_is_compiled_for_itself_keeps_its_command(tmp_path, monkeypatch):
    assert entries(tmp_path, monkeypatch, "/s/one.cc") == {"/s/one.cc": "c++ -O2 -c /s/one.cc"}


def test_each_file_of_a_dozen_has_the_command_of_the_dozen(tmp_path, monkeypatch):
    dozen = tmp_path / "Unity/unity_0_cxx.cxx"
    dozen.parent.mkdir()
    dozen.write_text('/* generated */\n\n#include "/s/one.cc"\n\n#include "/s/two.cc"\n')
    assert entries(tmp_path, monkeypatch, str(dozen)) == {"/s/one.cc": "c++ -O2 -c /s/one.cc", "/s/two.cc": "c++ -O2 -c /s/two.cc"}


def test_every_file_that_is_checked_has_a_command():
    known = {entry["file"] for entry in lint.compile_commands()}
    assert not [name for name in lint.checked() if str(lint.ROOT / name) not in known]
