"""`assay report --site`: a folder with an index and a page for each model and machine."""

import base64
import gzip
import json
import re
import shutil
import sqlite3

import pytest
from program import Assay

CELL = ["-m", "smollm2-135m", "--size", "tiny", "-w", "inference"]
NAMES = ["-f", "fake/honest", "-f", "fake/slow"]


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """A run of two models, and one of the first alone."""
    folder = tmp_path_factory.mktemp("two-models")
    for label, models in (("both", ["-m", "smollm2-135m", "-m", "resnet-50"]), ("one", ["-m", "smollm2-135m"])):
        done = Assay(folder)("run", *models, *CELL[2:], *NAMES, "--rounds", 6, "--label", label)
        assert done.code == 0, done.err
    return folder / "store.db"


@pytest.fixture
def stored(assay, two_models, tmp_path):
    shutil.copy(two_models, tmp_path / "store.db")
    return assay


def change(store, sql, *values):
    """Changes what is stored, which is append-only to everybody else."""
    base = sqlite3.connect(store)
    for name, in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f"DROP TRIGGER {name}")
    base.execute(sql, values)
    base.commit()
    base.close()


def move(store, label, **fields):
    """The run with that label was on another machine."""
    for key, value in fields.items():
        change(store, f"UPDATE run SET host = json_set(host, '$.{key}', ?) WHERE label = ?", value, label)


def data_of(page):
    """What a page holds."""
    text = page.read_text()
    packed = re.search(r'<script type="text/plain" id="data-gz">([^<]*)</script>', text)
    if packed:
        return json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_page_for_each_model_and_machine_and_an_index(stored, tmp_path):
    site = tmp_path / "public"
    done = stored("report", "--site", site, "--json")
    assert done.code == 0, done.err
    document = done.document
    assert (document["machines"], document["models"]) == (1, 2)
    assert document["files"][-1]["file"] == "index.html", "the index is last"
    assert sorted(["assay-site.json", *(one["file"] for one in document["files"])]) == files_in(site)
    assert all(one["bytes"] == (site / one["file"]).stat().st_size for one in document["files"])
    assert document["bytes"] == sum(one["bytes"] for one in document["files"]) and document["removed"] == []
    assert document["results"] == 4 and document["index"] == str(site / "index.html")


def test_pages_hold_what_is_theirs_and_know_the_others(stored, tmp_path):
    site = tmp_path / "public"
    move(tmp_path / "store.db", "one", name="host-other", cpu="Other CPU")
    assert stored("report", "--site", site).code == 0
    index = data_of(site / "index.html")
    assert [model["name"] for model in index["models"]] == ["resnet-50", "smollm2-135m"] and len(index["machines"]) == 2
    for model in index["models"]:
        page = data_of(site / model["file"])
        assert {result["model"] for run in page["runs"] for result in run["results"]} == {model["name"]}
        assert page["site"]["page"] == "model" and page["site"]["models"] == [model]
        assert [machine["file"] for machine in page["site"]["machines"]] == [machine["file"] for machine in index["machines"]]
    for machine in index["machines"]:
        page = data_of(site / machine["file"])
        assert {run["host"]["name"] for run in page["runs"]} == {machine["host"]["name"]}
        assert {model["name"] for model in page["site"]["models"]} == {result["model"] for run in page["runs"] for result in run["results"]}
        assert page["runs"][0]["results"][0]["visits"], "with every sample"


def test_the_index_says_what_the_run_said(stored, tmp_path):
    site = tmp_path / "public"
    assert stored("report", "both", "--site", site).code == 0
    index = data_of(site / "index.html")
    document = stored("show", "both", "--json").document
    assert len(index["cells"]) == 2
    for cell in index["cells"]:
        model = index["models"][cell["model"]]["name"]
        results = [result for result in document["results"] if result["model"] == model]
        first = {result["contestant"] for result in results if result["place"] and result["place"]["number"] == 1}
        assert set(cell["first"]) == first and cell["ranked"] == 2 and cell["contestants"] == 2
        assert (cell["said"] == "faster") == any(result["fastest"] == "yes" for result in results)
        assert cell["median_ms"] in {result["time_ms"]["median"] for result in results}


def test_two_machines_of_one_name_have_a_page_each(stored, tmp_path):
    """Images of machines that were copied have one id; the newer one hid the other's results."""
    site = tmp_path / "public"
    move(tmp_path / "store.db", "one", cpu="Other CPU")
    assert stored("report", "--site", site, "--json").document["machines"] == 2
    machines = data_of(site / "index.html")["machines"]
    assert {machine["host"]["name"] for machine in machines} == {machines[0]["host"]["name"]}
    assert sorted(machine["results"] for machine in machines) == [2, 4]


def test_a_second_writing_replaces_and_removes_what_is_no_more(stored, tmp_path):
    site = tmp_path / "public"
    assert stored("report", "--site", site).code == 0
    (site / "models" / "own.html").write_text("mine")
    (site / "notes.txt").write_text("mine")
    old = (site / "index.html").stat().st_ino
    done = stored("report", "one", "--site", site, "--json")
    assert done.code == 0 and done.document["removed"] == ["models/resnet-50.html"], done.err
    assert not (site / "models" / "resnet-50.html").exists() and (site / "index.html").stat().st_ino != old
    assert (site / "models" / "own.html").read_text() == "mine" and (site / "notes.txt").read_text() == "mine"
    assert "1 page removed" not in stored("report", "--site", site).err
    assert (site / "models" / "resnet-50.html").exists()


def test_what_somebody_else_wrote_is_never_replaced(stored, tmp_path):
    site = tmp_path / "public"
    assert stored("report", "one", "--site", site).code == 0
    before = {file: (site / file).read_bytes() for file in files_in(site)}
    (site / "models" / "resnet-50.html").write_text("mine")
    done = stored("report", "--site", site)
    assert done.code == 2 and "resnet-50.html is there and was not written by a report" in done.err and len(done.err.splitlines()) == 1
    assert {file: (site / file).read_bytes() for file in before} == before
    (site / "models" / "resnet-50.html").unlink()
    (site / "models" / "resnet-50.html").symlink_to(tmp_path / "elsewhere")
    assert stored("report", "--site", site).code == 2 and not (tmp_path / "elsewhere").exists()


def test_a_page_that_became_a_link_is_not_followed(stored, tmp_path):
    site = tmp_path / "public"
    assert stored("report", "--site", site).code == 0
    (tmp_path / "elsewhere").write_text("mine")
    (site / "models" / "resnet-50.html").unlink()
    (site / "models" / "resnet-50.html").symlink_to(tmp_path / "elsewhere")
    assert stored("report", "--site", site).code == 2
    assert stored("report", "one", "--site", site).code == 0, "nor is it removed when its page is no more"
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_a_folder_with_other_files_is_refused(stored, tmp_path):
    site = tmp_path / "public"
    site.mkdir()
    (site / ".git").mkdir()
    (site / "notes.txt").write_text("mine")
    done = stored("report", "--site", site)
    assert done.code == 2 and "holds files" in done.err and len(done.err.splitlines()) == 1, done.err
    assert files_in(site) == ["notes.txt"]
    (site / "notes.txt").unlink()
    assert stored("report", "--site", site).code == 0, "what is hidden does not count: it may be a checkout"


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1, "files": ["../store.db"]}', '{"schema": 9, "files": []}'])
def test_a_list_that_is_none_is_one_clear_line(stored, tmp_path, text):
    site = tmp_path / "public"
    site.mkdir()
    (site / "assay-site.json").write_text(text)
    done = stored("report", "--site", site)
    assert done.code == 4 and "is no list of a report's files" in done.err and len(done.err.splitlines()) == 1, done.err
    assert (tmp_path / "store.db").exists() and files_in(site) == ["assay-site.json"]


def test_bad_places_are_one_clear_line(stored, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    done = stored("report", "--site", file)
    assert done.code == 2 and "is a file; name a folder" in done.err and len(done.err.splitlines()) == 1
    done = stored("report", "--site", file / "below")
    assert done.code == 4 and len(done.err.splitlines()) == 1
    assert file.read_text() == "mine"
    assert stored("report", "--site", tmp_path / "public", "-o", tmp_path / "page.html").code == 2
    assert not (tmp_path / "public").exists()


def test_without_results_no_folder_is_made(assay, tmp_path):
    done = assay("report", "--site", tmp_path / "public")
    assert done.code == 2 and len(done.err.splitlines()) == 1 and not (tmp_path / "public").exists()
    done = assay("report", "nobody", "--site", tmp_path / "public")
    assert done.code == 2 and not (tmp_path / "public").exists()


@pytest.mark.parametrize("model", ["../../escaped", "</script><script>alert(1)</script>", "CON", "מודל"])
def test_whatever_a_model_is_called_its_page_stays_in_the_folder(stored, tmp_path, model):
    change(tmp_path / "store.db", "UPDATE result SET model = ? WHERE model = 'resnet-50'", model)
    site = tmp_path / "deep" / "public"
    assert stored("report", "--site", site).code == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".html") == []
    index = data_of(site / "index.html")
    file = next(one["file"] for one in index["models"] if one["name"] == model)
    assert re.fullmatch(r"models/[a-z0-9][a-z0-9._-]*\.html", file) and (site / file).exists()
    assert "<script>alert" not in (site / file).read_text() and "<script>alert" not in (site / "index.html").read_text()


def test_an_interrupted_run_hides_no_older_result_from_the_index(stored, tmp_path):
    """A newer run in which a contestant was interrupted is there for what it has of the others."""
    store = tmp_path / "store.db"
    for table in ("visit", "launch", "accuracy"):
        change(store, f"DELETE FROM {table} WHERE result IN (SELECT result.id FROM result JOIN run ON run.id = result.run WHERE label = 'one' AND variant = 'honest')")
    site = tmp_path / "public"
    assert stored("report", "--site", site).code == 0
    index = data_of(site / "index.html")
    cell = next(one for one in index["cells"] if index["models"][one["model"]]["name"] == "smollm2-135m")
    assert cell["ranked"] == 2
