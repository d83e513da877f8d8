"""The table of claims says what the files say."""

import claims

MADE_UP = {"claim": "A is quick", "source": "somebody, a title", "machine": {"cpu": "Apple", "os": "macOS"},
           "query": {"kind": "ratio", "factor": 3, "models": ["m"], "workloads": ["inference", "latency"],
                     "subject": {"framework": "a"}, "against": {"framework": "b", "variant": "v", "device": "mps"}}}


def test_every_claim_has_a_row_and_the_page_is_linked():
    page = claims.PAGE.read_text()
    assert claims.into(page) == page, "run docs/results/generate.py and commit"
    assert all(f"[{path.stem}](../claims/{path.name})" in page for path in claims.FOLDER.glob("*.toml"))
    assert "docs/claims.md" in (claims.ROOT / "README.md").read_text() and "docs/claims.md" in (claims.FOLDER / "README.md").read_text()


def test_what_a_claim_needs_and_how_it_is_decided():
    assert claims.needs(MADE_UP) == "results of a and of b/v on mps on m in inference or latency; a processor called Apple, a system called macOS"
    assert claims.rule(MADE_UP["query"]) == "the best of b/v on mps takes at least 3 times as long as the best of a"
    assert "at least as long as" in claims.rule(MADE_UP["query"] | {"factor": 1})
    rust = {"subject": {"language": "Rust"}}
    assert claims.rule({"kind": "footprint", "least_mb": 5, "most_mb": 32, **rust}) == "each of frameworks in Rust has 5 to 32 MB installed"
    assert claims.rule({"kind": "linkage", "is": "static", **rust}) == "each of frameworks in Rust is linked as *static*"
    assert claims.rule({"kind": "error", "factor": 2, **rust, "against": {"framework": "b"}}).endswith("is more than 2 times that of b")
    assert claims.rule({"kind": "failure", "subject": {"framework": "a", "device": "xpu"}}) == "none of a on xpu gets through"


def test_a_row_stays_one_row():
    line = claims.row("name", MADE_UP | {"claim": "a|b", "url": "https://example.org"})
    assert line.count(" | ") == len(claims.HEAD) - 1 and "a\\|b" in line and "[somebody, a title](https://example.org)" in line
