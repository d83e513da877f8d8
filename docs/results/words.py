"""How results are told in tables."""

CLASSES = ("exact", "f32-fast", "reduced", "quantised")  # ranked apart, in this order
WORKLOADS = {"inference": "inference", "latency": "latency", "training": "training step", "generate": "whole request"}


def counts(result):
    """Whether it is in a ranking."""
    return result["time_ms"] is not None and result["outcome"] == "ok" and result["verdict"] in CLASSES


def digits(value):
    """Three significant digits."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def milliseconds(value):
    return f"{digits(value / 1000)} s" if value >= 10_000 else f"{digits(value)} ms"


def command(document):
    """The command as a reader would type it."""
    words = document["command"].split()
    return " ".join(["./run"] + [word for word in words[2:] if word != "--setup"])
