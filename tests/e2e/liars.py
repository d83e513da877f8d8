"""The liars of frameworks/fake that must be rejected, for the tests here and for bench/trust; and a run of some of them."""

# What the gate's reason must say; "" where no guess at the cause is promised.
LIARS = {
    "inference": {
        "zeros": "all zeros",
        "other-seed": "unrelated to the truth",
        "dropped-layer": "",
        "no-causal-mask": "",
        "bf16-as-f32": "error consistent with bf16",
        "bf16-as-tf32": "error consistent with bf16",
        "first-answer-again": "first answer again",
        "answers-in-load": "first answer again",
        "other-set": "",
    },
    "latency": {"dropped-layer": "", "first-answer-again": "first answer again", "bf16-as-f32": ""},
    "training": {
        "shifted-labels": "",
        "forward-as-training": "",
        "zero-gradient": "all zeros",
        "bf16-as-f32": "",
        "bf16-as-tf32": "what the declared tf32 allows",
    },
}

# These are right in their cold launch and then answer from memory. What the reason must say.
FROM_MEMORY = {"padded": "input set", "hash-cache": "input set", "honest-when-cold": "input set", "last-of-inputs": ""}

# These leave steps out: all but the last of a request, whose answer is right; and all of them.
LEFT_OUT = {"last-of-request": "steps left out", "instant": "input set"}

# These answer rightly and lie about the work: it is done while nobody looks. What the reason must say, one of them.
ABOUT_TIME = {
    "answers-in-inputs": ["inputs"],
    "lazy": ["work put off to outputs"],
    "lazy-twice": ["work put off to outputs"],
    "async": ["work put off to outputs"],
    "writes-later": ["no file of outputs"],
    "overwrites-later": ["changed", "all zeros"],
    "forked-writer": ["no file of outputs"],
}

# Clocks that lie about single steps while the sum is right, or by less than a clock's tolerance: not wrong, but they gain nothing. Their
# figure is no better than what the core saw.
ABOUT_CLOCKS = ["half-and-half", "generous-rounding"]

# Puts its launch off into the first outputs, which belong to the launch: it gains nothing. What it takes for it, s and bytes.
ABOUT_LAUNCH = {"lazy-when-cold": (0.5, 96e6)}


def run(folder, size, workload, variants, rounds=1):
    """One `assay run` of fake/VARIANT for each of them; `stored` reads what the store has of it."""
    from program import Assay  # here, since bench/trust has no such module
    contestants = [word for variant in variants for word in ("-f", f"fake/{variant}")]
    assay = Assay(folder)
    done = assay("run", "-m", "smollm2-135m", "--size", size, "-w", workload, "--rounds", rounds, "--json", *contestants)
    done.stored = lambda: assay("show", "last", "--samples").document
    return done
