"""A contestant's runner, spoken to over its pipes by hand: what the core would never say, too."""

import json
import os
import subprocess
import tomllib

from contestants import HOME, PROGRAM

MODEL = "smollm2-135m"


def command(contestant):
    """Its argv, as framework.toml says."""
    manifest = tomllib.loads((contestant.folder / "framework.toml").read_text())
    variant = next(variant for variant in manifest["variant"] if variant["name"] == contestant.variant)
    done = subprocess.run([PROGRAM, "setup", "--json", f"{contestant.framework}/{contestant.variant}"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    builds = {build["build"]: build["directory"] for build in json.loads(done.stdout)["builds"]}
    places = {"framework": contestant.folder, "source": HOME, "build": builds.get(variant.get("build"))}
    return [word.format(**places) for word in variant["command"]]


def exported(contestant, folder):
    """Params of its load of the tiny language model, whose files are written, and the params of an inputs request."""
    workload = "inference" if contestant.runs("inference") else "training"
    stem, onnx = ("graph", "model") if workload == "inference" else ("gradient", "gradient")
    words = [MODEL, "--size", "tiny", "-w", workload]
    subprocess.run([PROGRAM, "materials", *words, "--dir", folder], check=True, capture_output=True)
    if "gguf" in contestant.form:
        subprocess.run([PROGRAM, "graph", *words, "--gguf", folder / "model.gguf"], check=True, capture_output=True)
    path = lambda name, given=True: str(folder / name) if given else None  # noqa: E731
    return {"graph": path(f"{stem}.json"), "weights": path("weights.safetensors"), "state": None,
            "onnx": path(f"{onnx}.onnx", "onnx" in contestant.form), "gguf": path("model.gguf", "gguf" in contestant.form),
            "gradients": False, "variant": contestant.variant, "device": contestant.name.split("@")[1], "precision": "f32", "threads": 1,
            "cache": str(folder)}


class Client:
    def __init__(self, argv, stderr=subprocess.DEVNULL, **variables):
        environment = os.environ | {"PYTHONPATH": str(HOME / "sdk/python")} | variables
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment)
        self.last = 0

    def send(self, method, **params):
        self.last += 1
        self.say(json.dumps({"assay": 2, "id": self.last, "method": method, "params": params}).encode())

    def say(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, method, **params):
        self.send(method, **params)
        reply = self.hear()
        assert (reply["assay"], reply["id"]) == (2, self.last)
        return reply

    def end(self):
        """Closes its input; its exit code, and what it still said."""
        rest = self.process.communicate(timeout=30)[0]
        return self.process.returncode, rest

    def kill(self):
        self.process.kill()
        self.process.wait()
