"""Answers requests until the pipe ends: reads messages, calls the runner, writes replies."""

import json
import sys
import traceback
from collections import deque
from pathlib import Path

from .channel import PROTOCOL_VERSION, take_standard_streams
from .graph import read_graph
from .runner import Generation, Load, Unsupported, as_result
from .tensors import check_forms, map_state, map_weights, read_sets, read_tensors, write_tensors
from .timing import Collector, time_parts, time_steps


def main(make_runner):
    """Takes the pipe, then makes the runner (which imports its framework) and serves it. Does not return."""
    channel = take_standard_streams()
    Server(channel, make_runner).serve()
    sys.stdout.flush()
    sys.exit(0)


class Rejected(Exception):
    """A request that makes no sense: our answer says why, in the words of the protocol."""


class Server:
    """One runner behind one channel."""

    def __init__(self, channel, make_runner):
        self._channel = channel
        self._make_runner = make_runner
        self._runner = None
        self._collector = Collector()
        self._methods = {"describe": self._describe, "load": self._load, "inputs": self._inputs, "steps": self._steps,
                         "outputs": self._outputs}
        self._forget()

    def _forget(self):
        self._loaded = None  # the Load of the last load that succeeded
        self._waiting = deque()  # (place in its file, prepared inputs) of the steps to come
        self._last = None  # the same of the last step: a framework may look at its inputs until the next one

    def serve(self):
        """Answers every line until `close` or the end of input."""
        while (line := self._channel.read_line()) is not None:
            request_id, answer, closing = self._answer(line)
            self._channel.write({"assay": PROTOCOL_VERSION, "id": request_id, **answer})
            if closing:
                return

    def _answer(self, line):
        """(id, {"result"} or {"error"}, whether to close). Never raises: what fails is part of the answer."""
        request_id = None
        try:
            request = _decode(line)
            request_id = request.get("id")
            method = _method(request)
            if method == "close":
                return request_id, {"result": {}}, True
            if method not in self._methods:
                raise Rejected(f"unknown method '{method}'")
            return request_id, {"result": self._methods[method](request.get("params") or {})}, False
        except Exception as exception:
            return request_id, {"error": _error(exception)}, False

    def _describe(self, _params):
        return as_result(self._ready_runner().describe())

    def _load(self, params):
        runner = self._ready_runner()
        self._forget()
        self._collector.before_load()  # what the model before this one leaves behind is garbage now
        request = _load_request(params)
        result = as_result(runner.load(request))
        self._loaded = request
        self._collector.after_load()
        return result

    def _inputs(self, params):
        if self._loaded is None:
            raise Rejected("inputs before a load that succeeded")
        count = _positive(params, "sets")
        self._waiting.clear()
        values = self._loaded.graph.with_role("input")
        for place, arrays in enumerate(read_sets(params.get("path"), count, values)):
            self._waiting.append((place, self._runner.prepare(arrays)))
        return {}

    def _steps(self, params):
        if self._loaded is None:
            raise Rejected("steps before a load that succeeded")
        count = _positive(params, "count")
        if count > len(self._waiting):
            raise Rejected(f"{count} steps are asked for, and inputs of {len(self._waiting)} are left")
        self._last = None
        chosen = [self._waiting.popleft() for _ in range(count)]
        result = self._timed([inputs for _, inputs in chosen])
        self._last = chosen[-1]
        return result

    def _timed(self, sets):
        if self._loaded.generation is None:
            return {"samples_ns": self._collector.without(time_steps, self._runner.step, sets)}
        samples, parts = self._collector.without(time_parts, self._runner.parts, sets)
        return {"samples_ns": samples, "parts_ns": parts}

    def _outputs(self, params):
        if self._last is None:
            raise Rejected("outputs before a step that succeeded")
        tensors = self._runner.outputs()
        expected = _expected_outputs(self._loaded)
        check_forms("the runner's outputs", {name: expected.get(name) for name in tensors}, expected)  # the names: none is looked up yet
        write_tensors(params["path"], expected, tensors)
        return {"set": self._last[0]}

    def _ready_runner(self):
        """The runner; made at the first request, so that a framework that does not load is an answer, not a crash."""
        if self._runner is None:
            self._runner = self._make_runner()
        return self._runner


def _decode(line):
    try:
        request = json.loads(line)
    except ValueError as error:
        raise Rejected(f"not a JSON object: {error}") from error
    if not isinstance(request, dict):
        raise Rejected("not a JSON object")
    return request


def _method(request):
    if request.get("assay") != PROTOCOL_VERSION:
        raise Rejected(f"protocol version {request.get('assay')!r}; this runner speaks version {PROTOCOL_VERSION}")
    return request.get("method")


def _load_request(params):
    missing = [key for key in ("graph", "weights") if not params.get(key)]
    if missing:
        raise Rejected(f"load lacks {', '.join(missing)}")
    graph = read_graph(params["graph"])
    return Load(
        graph=graph,
        weights=map_weights(params["weights"], graph.with_role("parameter")),
        state=_state(params, graph.with_role("state")),
        gradients=bool(params.get("gradients", False)),
        variant=params.get("variant", ""),
        device=params.get("device", "cpu"),
        precision=params.get("precision", "f32"),
        threads=int(params.get("threads", 1)),
        cache=Path(params.get("cache") or "."),
        graph_path=Path(params["graph"]),
        weights_path=Path(params["weights"]),
        onnx_path=Path(params["onnx"]) if params.get("onnx") else None,
        gguf_path=Path(params["gguf"]) if params.get("gguf") else None,
        original_path=Path(params["original"]) if params.get("original") else None,
        fixed=read_tensors(params["fixed"]) if params.get("fixed") else {},
        generation=_generation(params["generation"]) if params.get("generation") else None,
    )


def _generation(params):
    paths = {key: Path(params[key]) if params.get(key) else None for key in ("prefill_onnx", "decode_onnx")}
    return Generation(read_graph(params["prefill"]), read_graph(params["decode"]), int(params["decodes"]), **paths)


def _state(params, states):
    if states and not params.get("state"):
        raise Rejected(f"load lacks the state that {params['graph']} has")
    return map_state(params["state"], states) if params.get("state") else {}


def _positive(params, name):
    number = params.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise Rejected(f"{name} must be a positive integer, got {number!r}")
    return number


def _expected_outputs(request):
    """Name -> (dtype, shape) of what a step leaves."""
    values = [request.graph.values[name] for name in request.graph.outputs]
    expected = {value.name: (value.dtype, value.shape) for value in values}
    if request.gradients:
        expected |= {"grad." + value.name: ("F32", value.shape) for value in request.graph.trainable()}
    return expected


def _error(exception):
    """The exception as the protocol's error object; what is no answer of the protocol goes to stderr in full."""
    if isinstance(exception, Unsupported):
        return _fault("unsupported", exception.reason, str(exception), [as_result(node) for node in exception.nodes])
    if isinstance(exception, Rejected):
        return _fault("failed", "", str(exception))
    traceback.print_exception(type(exception), exception, exception.__traceback__, file=sys.stderr)
    if isinstance(exception, MemoryError):
        return _fault("unsupported", "memory", str(exception) or "out of memory")
    return _fault("failed", "", f"{type(exception).__name__}: {exception}")


def _fault(outcome, reason, message, nodes=()):
    return {"outcome": outcome, "reason": reason, "message": message, "nodes": list(nodes)}
