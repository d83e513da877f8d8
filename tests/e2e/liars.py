"""The liars of frameworks/fake that the gate must reject: for the tests here and for bench/trust."""

# What the reason must say; "" where no guess at the cause is promised.
LIARS = {
    "inference": {
        "zeros": "all zeros",
        "other-seed": "unrelated to the truth",
        "dropped-layer": "",
        "no-causal-mask": "",
        "bf16-as-f32": "error consistent with bf16",
        "bf16-as-tf32": "error consistent with bf16",
        "first-answer-again": "first answer again",
        "other-set": "equals the answer to the other input set",
    },
    "latency": {"dropped-layer": "", "first-answer-again": "first answer again", "bf16-as-f32": ""},
    "training": {
        "shifted-labels": "",
        "forward-as-training": "equals the answer to the other input set",
        "zero-gradient": "all zeros",
        "bf16-as-f32": "",
        "bf16-as-tf32": "what the declared tf32 allows",
    },
}

# These answer rightly and lie about the work: it is done while nobody looks, or not at all.
ABOUT_TIME = ["lazy", "remembers", "async"]
