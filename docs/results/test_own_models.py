"""The page of models that are not in the catalogue."""

import own_models

EXACT = {"state": "exact"}
REFUSED = {"state": "unsupported", "reason": "no masks", "operators": ["Attention"]}


def section(**cells):
    return own_models.section({"title": "T", "text": "Some.", "machine": "a CPU", "rows": [{"model": "m", "what": "with a window", "cells": cells}]})


def test_one_word_where_all_workloads_agree():
    assert "| **m** with a window | exact |" in section(a={"inference": EXACT, "latency": EXACT})


def test_what_differs_is_told_by_workload_with_its_operator_and_reason():
    text = section(a={"training": EXACT, "latency": EXACT, "inference": REFUSED})
    assert "| inference: unsupported (Attention) [1]; latency, training step: exact |" in text
    assert "\n1. unsupported: no masks\n" in text


def test_a_reason_has_one_number():
    text = section(a={"inference": REFUSED}, b={"inference": REFUSED, "latency": {"state": "wrong", "reason": "off"}})
    assert "| unsupported (Attention) [1] | inference: unsupported (Attention) [1]; latency: wrong [2] |" in text


def test_a_contestant_that_was_not_asked_has_an_empty_cell():
    assert "| exact |  |" in section(a={"inference": EXACT}, b={})
