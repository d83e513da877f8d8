"""From any opset to the newest that the core has, with nothing left that follows from constants: functions inlined, branches with a
known condition taken, shapes numbers."""

import branches
import loops
import numpy as np
import onnx
import onnx.inliner
import onnx.version_converter
import onnx_ir as ir
import onnx_ir.passes.common as passes
import structure
import walk
from onnxscript.optimizer import _constant_folding as constants
from refused import Refused, called

# Of a folded tensor; what an operator makes of constants beyond that is left to be computed.
MOST_ELEMENTS = 1 << 26

# Of a graph without branches: in one they trip over a value that is handed through.
TIDYING = (passes.IdentityEliminationPass(), passes.OutputFixPass(), passes.RemoveUnusedNodesPass(), passes.NameFixPass())


def folded(model):
    """Without anything that follows from constants, but for dequantised ones."""
    model = onnx.inliner.inline_local_functions(model)
    model = _fold(model)  # first, for the converter leaves the inside of branches as it is
    while branches.take_known(model) or loops.unroll_known(model):
        model = _fold(model)
    _check_flat(model)
    return _without_defaults(_fold(_converted(model)))


def again(model):
    """A folded one, some of whose values became constants since."""
    return _fold(model)


def _fold(model):
    for name in ("If", "Identity"):  # what branches.py and the tidying do
        constants.registry.op_evaluators.pop(("", name), None)
    try:
        optimised = ir.serde.deserialize_model(model)
        ir.passes.Sequential(
            constants.FoldConstantsPass(shape_inference=True, input_size_limit=MOST_ELEMENTS, output_size_limit=MOST_ELEMENTS, should_fold=_should_fold),
            passes.RemoveUnusedNodesPass(),
            passes.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
            *(() if _has_branches(model) else TIDYING),
        )(optimised)
        return ir.serde.serialize_model(optimised)
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(f"its constants cannot be worked out: {_reason(error)}") from error


def _has_branches(model):
    return any(walk.subgraphs([node]) for node in model.graph.node)


def _should_fold(node):
    """A tensor that a node makes of a few numbers may be of any size."""
    if node.op_type in ("ConstantOfShape", "Expand", "Tile") and node.inputs[-1] is not None:
        size = node.inputs[-1].const_value
        return int(np.prod(np.abs(size.numpy().astype(float)))) <= MOST_ELEMENTS if size is not None else None
    return None


def _without_defaults(model):
    """Attributes that say what holds without them go, and so do empty regions of interest, which old files must have."""
    empty = {tensor.name for tensor in model.graph.initializer if 0 in tensor.dims}
    for node in model.graph.node:
        known = onnx.defs.get_schema(node.op_type, structure.NEWEST, "").attributes if onnx.defs.has(node.op_type) else {}
        kept = [attribute for attribute in node.attribute if attribute.name not in known
                or not (_is_default(attribute, known[attribute.name].default_value) or _says_default_activations(node, attribute))]
        del node.attribute[:]
        node.attribute.extend(kept)
        if node.op_type == "Resize":
            node.input[:] = ["" if name in empty else name for name in node.input]
    return model


ACTIVATIONS = {"LSTM": [b"Sigmoid", b"Tanh", b"Tanh"], "GRU": [b"Sigmoid", b"Tanh"], "RNN": [b"Tanh"]}  # that the standard's text gives, not its schema


def _says_default_activations(node, attribute):
    usual = ACTIVATIONS.get(node.op_type, [])
    return attribute.name == "activations" and list(attribute.strings) in (usual, 2 * usual)


def _is_default(attribute, default):
    return default.type != onnx.AttributeProto.UNDEFINED and onnx.helper.get_attribute_value(attribute) == onnx.helper.get_attribute_value(default)


def _converted(model):
    version = structure.opset_of(model)
    if version == structure.NEWEST:
        return model
    try:
        return onnx.version_converter.convert_version(onnx.shape_inference.infer_shapes(model), structure.NEWEST)
    except Exception as error:
        raise Refused(f"ONNX's converter cannot bring it from opset {version} to {structure.NEWEST}: {_reason(error)}") from error


def _check_flat(model):
    for node in model.graph.node:
        if walk.subgraphs([node]):
            why = "its condition does not follow from constants; --fix INPUT=VALUE makes one of an input" if node.op_type == "If" else loops.why_not(node)
            raise Refused(f"{called(node)}: {why}")


def _reason(error):
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split())
    return text[:300]
