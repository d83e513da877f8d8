"""SmolLM2 as ONNX by hand, with ONNX Runtime's fused operators: what a specialist would give the runtime. Weights are joined where
they have the same input (query, key and value; gate and up), normalisation and residual are one operator, rotation, attention and
cache are one operator. It uses nothing of Assay.
"""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

FUSED = "com.microsoft"
EPSILON, THETA = 1e-5, 100000.0
# hidden, layers, query heads, KV heads, head size
SIZES = {"full": (576, 30, 9, 3, 64), "tiny": (96, 2, 6, 2, 16)}


class Writer:
    """Collects nodes and weights of one graph of `rows` tokens, after `past` tokens that a cache holds."""

    def __init__(self, size, weights, rows, past, joined):
        self.hidden, self.layers, self.query_heads, self.kv_heads, self.head_size = SIZES[size]
        self.weights, self.rows, self.past, self.joined = load_file(weights), rows, past, joined
        self.nodes, self.constants, self.inputs, self.outputs = [], {}, [], []

    def node(self, op, inputs, outputs, domain="", **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self.nodes.append(helper.make_node(op, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def constant(self, name, array):
        self.constants[name] = numpy.ascontiguousarray(array)
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def linear(self, x, weight, output):
        """Of the matrix x; weights lie as [out, in]."""
        return self.node("Gemm", [x, weight], output, transB=1)

    def tables(self):
        """Cosines and sines of all positions, as the operator looks them up."""
        power = numpy.arange(self.head_size // 2, dtype=numpy.longdouble) * 2 / self.head_size
        angles = numpy.arange(self.past + self.rows)[:, None] * numpy.longdouble(THETA) ** -power
        self.constant("cos", numpy.cos(angles).astype(numpy.float32))
        self.constant("sin", numpy.sin(angles).astype(numpy.float32))
        self.constant("last", numpy.array([self.past + self.rows - 1], numpy.int32))
        self.constant("total", numpy.array(self.past + self.rows, numpy.int32))

    def norm(self, residual, branch, weight, name):
        """(normalised, new residual)"""
        if branch is None:
            return self.node("SimplifiedLayerNormalization", [residual, self.weight(weight)], name, axis=-1, epsilon=EPSILON), residual
        total = name + ".sum"
        self.node("SkipSimplifiedLayerNormalization", [residual, branch, self.weight(weight)], [name, "", "", total], FUSED, epsilon=EPSILON)
        return name, total

    def projections(self, x, prefix, parts, label):
        """The parts of one input, each [rows, its columns]: one product and a split, or one product each."""
        names = [f"{prefix}.{part}_proj.weight" for part in parts]
        if not self.joined:
            return [self.linear(x, self.weight(name), f"{label}.{part}") for name, part in zip(names, parts)]
        arrays = [self.weights[name] for name in names]
        product = self.linear(x, self.constant(label, numpy.concatenate(arrays)), label + ".all")
        sizes = self.constant(f"{label}.sizes", numpy.array([len(array) for array in arrays]))
        outputs = [f"{label}.{part}" for part in parts]
        self.node("Split", [product, sizes], outputs, axis=1)
        return outputs

    def attention(self, x, layer):
        prefix = f"model.layers.{layer}.self_attn"
        parts = self.projections(x, prefix, "qkv", f"{layer}.qkv")
        shaped = [self.node("Unsqueeze", [part, "batch"], part + ".1") for part in parts]
        cache = [f"layers.{layer}.past_{which}" for which in ("key", "value")] if self.past else ["", ""]
        present = [f"layers.{layer}.present_{which}" for which in ("key", "value")]
        shape = [1, self.kv_heads, self.past + self.rows, self.head_size]
        if self.past:
            self.inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in cache]
            self.outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in present]
        mixed = self.node("GroupQueryAttention", [*shaped, *cache, "last", "total", "cos", "sin"], [f"{layer}.mixed", *present], FUSED,
                          num_heads=self.query_heads, kv_num_heads=self.kv_heads, do_rotary=1)
        rows = self.node("Squeeze", [mixed, "batch"], f"{layer}.mixed.rows")
        return self.linear(rows, self.weight(f"{prefix}.o_proj.weight"), f"{layer}.attention")

    def feed_forward(self, x, layer):
        gate, up = self.projections(x, f"model.layers.{layer}.mlp", ("gate", "up"), f"{layer}.mlp")
        active = self.node("QuickGelu", [gate], f"{layer}.active", FUSED, alpha=1.0)
        gated = self.node("Mul", [active, up], f"{layer}.gated")
        return self.linear(gated, self.weight(f"model.layers.{layer}.mlp.down_proj.weight"), f"{layer}.feed_forward")

    def write(self, path):
        self.constant("batch", numpy.array([0]))
        self.tables()
        self.inputs.append(helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, self.rows]))
        embedding = self.weight("model.embed_tokens.weight")
        ids = self.node("Squeeze", ["input_ids", "batch"], "ids")
        residual, branch = self.node("Gather", [embedding, ids], "embedding"), None
        for layer in range(self.layers):
            prefix = f"model.layers.{layer}."
            x, residual = self.norm(residual, branch, prefix + "input_layernorm.weight", f"{layer}.norm")
            branch = self.attention(x, layer)
            x, residual = self.norm(residual, branch, prefix + "post_attention_layernorm.weight", f"{layer}.norm2")
            branch = self.feed_forward(x, layer)
        x, _ = self.norm(residual, branch, "model.norm.weight", "norm")
        self.node("Unsqueeze", [self.linear(x, embedding, "logits.rows"), "batch"], "logits")
        vocabulary = self.weights["model.embed_tokens.weight"].shape[0]
        self.outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, self.rows, vocabulary]))
        constants = [numpy_helper.from_array(array, name) for name, array in self.constants.items()]
        graph = helper.make_graph(self.nodes, "smollm2", self.inputs, self.outputs, constants)
        opsets = [helper.make_opsetid("", 23), helper.make_opsetid(FUSED, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=11), path, save_as_external_data=True,
                  location=path.name + ".data")
