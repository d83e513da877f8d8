"""What a runner implements, and what it is given and gives back."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional

import numpy

from .graph import Graph

# Why a framework cannot do something (docs/protocol.md).
REASONS = ("operator", "precision", "device", "platform", "build", "memory", "not_set_up")


@dataclass(frozen=True)
class NodeFault:
    """A node that the framework cannot do, and why."""

    node: str
    op: str
    message: str


class Unsupported(Exception):
    """Raised by a runner for what its framework cannot do. `nodes` names all of them, not the first."""

    def __init__(self, reason, message, nodes=()):
        super().__init__(message)
        assert reason in REASONS, reason
        self.reason = reason
        self.nodes = list(nodes)


@dataclass
class Description:
    """The answer to `describe`. Every device is {"name", "description"}; operators [] means: ask `load`."""

    framework: str
    version: str
    devices: List[Dict[str, str]]
    operators: List[str] = field(default_factory=list)
    precisions: List[str] = field(default_factory=lambda: ["f32"])
    training: bool = False
    details: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Generation:
    """A step that is a whole request: `prefill` once, then `decode` so many times, over the same weights (docs/protocol.md).

    The input input_ids holds what prefill takes, followed by one token of each sequence for each decode. What a graph gives as layers.N.key and
    layers.N.value comes to the next places of decode's states layers.N.past_key and layers.N.past_value, which the runner makes.
    """

    prefill: Graph
    decode: Graph
    decodes: int
    prefill_onnx: Optional[Path] = None
    decode_onnx: Optional[Path] = None

    @property
    def prompt(self):
        """How many tokens of each sequence prefill takes."""
        return self.prefill.values["input_ids"].shape[1]

    @property
    def batch(self):
        return self.prefill.values["input_ids"].shape[0]

    @property
    def positions(self):
        """Of the token of each decode: how many tokens lie before it."""
        return range(self.prompt, self.prompt + self.decodes)

    def empty_states(self):
        """Zeros for each state of decode, by name."""
        return {value.name: numpy.zeros(value.shape, numpy.float32) for value in self.decode.with_role("state")}

    @staticmethod
    def state_of(output):
        """"layers.0.past_key" of "layers.0.key"."""
        layer, part = output.rsplit(".", 1)
        return f"{layer}.past_{part}"


@dataclass(frozen=True)
class Load:
    """The request to load: `weights` and `state` lie in mapped files (copy what you keep)."""

    graph: Graph
    weights: Mapping[str, numpy.ndarray]
    state: Mapping[str, numpy.ndarray]
    gradients: bool
    variant: str
    device: str
    precision: str
    threads: int
    cache: Path
    graph_path: Path
    weights_path: Path
    onnx_path: Optional[Path]
    gguf_path: Optional[Path] = None
    original_path: Optional[Path] = None  # the user's own ONNX file, for a variant with model = "original"
    fixed: Mapping[str, numpy.ndarray] = field(default_factory=dict)  # its inputs that the graph has not
    generation: Optional[Generation] = None  # of a step that runs in parts; only where framework.toml says `generates`


@dataclass
class Loaded:
    """The answer to `load`: the compute type and the number of threads that are really used."""

    precision: str
    threads: int
    notes: str = ""


class Runner:
    """One framework. Every method may raise Unsupported; any other exception is the framework's failure."""

    def describe(self) -> Description:
        raise NotImplementedError

    def load(self, request: Load) -> Loaded:
        """Builds the model on the device and makes the state resident. Replaces what was loaded before."""
        raise NotImplementedError

    def prepare(self, inputs: Mapping[str, numpy.ndarray]) -> Any:
        """Wraps one set of the graph's inputs in what `step` takes: the framework's own tensors in host memory. Optional.

        Called outside the clock when the set comes, long before its step. Nothing is computed here: what takes time counts as time of
        the steps. Every array is contiguous, aligned to 64 bytes and this set's own, so that a framework can use it where it lies.
        """
        return inputs

    def step(self, inputs: Any) -> None:
        """Runs once with what `prepare` gave, waits until all outputs are complete, keeps them. This is what is timed.

        No set comes twice, and which are judged is not said.
        """
        raise NotImplementedError

    def parts(self, inputs: Any) -> Iterator[None]:
        """Instead of `step` where the load has a generation: runs a whole request, and yields whenever one of its parts is complete, prefill
        first. The outputs are those of all parts, joined along the same dimension."""
        raise NotImplementedError

    def outputs(self) -> Mapping[str, numpy.ndarray]:
        """What the last step left, not recomputed: the graph's outputs by name, with gradients also "grad.<parameter>".

        Each name is looked up once, when it is written, so a mapping that copies a tensor to the host when asked for it holds one copy
        at a time. May be asked for twice.
        """
        raise NotImplementedError


def as_result(answer):
    """A Description or Loaded as a message's result."""
    return asdict(answer)
