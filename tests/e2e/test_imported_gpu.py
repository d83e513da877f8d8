"""Results of a machine with a GPU, imported where there is none: they count for the machine that they were measured on, under its name."""

import pytest
from program import ROOT, Assay

MEASURED = ROOT / "docs/results/h100.jsonl"
MACHINE = "Intel(R) Xeon(R) Processor with NVIDIA H100 80GB HBM3"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    assay = Assay(tmp_path_factory.mktemp("imported"))
    done = assay("import", MEASURED)
    assert done.code == 0 and "3 runs new" in done.out, done.err
    return assay


@pytest.fixture(scope="module")
def about(imported):
    return {claim["name"]: claim for claim in imported("claims", "--json").document["claims"]}


def test_claims_about_its_gpu_have_figures_and_others_do_not(about):
    for name, claim in about.items():
        assert (claim["status"] == "not tested here") == (not name.startswith("nvidia-")), claim
        assert all(f" on {MACHINE}: " in figure["text"] for figure in claim["figures"]), claim


def test_two_blocks_decide_nothing_and_a_wrong_one_is_named(about):
    figures = [figure for name, claim in about.items() if name.startswith("nvidia-") for figure in claim["figures"]]
    assert len(figures) == 2 and {figure["says"] for figure in figures} == {"undecided"}
    assert any("takes 0.40 [0.05, 3.26] times as long" in figure["text"] for figure in figures), figures
    assert any(figure["text"].endswith("has no time that counts (wrong)") for figure in figures), figures


def test_nothing_is_advised_here_from_another_machine(imported):
    done = imported("advise", "-m", "smollm2-135m")
    assert done.code == 2 and done.err == "assay: nothing is stored for this machine yet. Start with: assay run\n"


def test_a_run_is_shown_with_its_devices(imported):
    run = imported("show", "--json").document["runs"][0]["run"]
    assert imported("show", run).out.count("NVIDIA H100 80GB HBM3") >= 4, "a line for each contestant"
