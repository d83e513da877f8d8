"""What a runner implements, and what it is given and gives back."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

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
class Load:
    """The request to load: `weights` and `state` lie in mapped files (copy what you keep), `inputs` in memory."""

    graph: Graph
    weights: Mapping[str, numpy.ndarray]
    state: Mapping[str, numpy.ndarray]
    inputs: Tuple[Mapping[str, numpy.ndarray], Mapping[str, numpy.ndarray]]
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

    def step(self, input_set: int) -> None:
        """Runs once with input set 0 or 1, waits until all outputs are complete, keeps them. This is what is timed."""
        raise NotImplementedError

    def outputs(self) -> Mapping[str, numpy.ndarray]:
        """What the last step left, not recomputed: the graph's outputs by name, with gradients also "grad.<parameter>"."""
        raise NotImplementedError


def as_result(answer):
    """A Description or Loaded as a message's result."""
    return asdict(answer)
