"""Reshape to a matrix, Gemm with the weight transposed, Reshape back -> FusedMatMul, which takes three dimensions as they are."""

from onnx import helper

from .program import FUSED, attributes


def use_direct_product(program):
    """products without Reshape"""
    found = [node for node in program.nodes if node.op_type == "Gemm"]
    return sum(_fuse(program, node) for node in found)


def _fuse(program, product):
    rows, readers = program.maker(product.input[0]), program.readers(product.output[0])
    if rows is None or rows.op_type != "Reshape" or len(readers) != 1 or readers[0].op_type != "Reshape":
        return False
    if len(product.input) != 2 or attributes(product) != {"transB": 1} or program.is_output(product.output[0]):
        return False
    back = readers[0]
    x, y, weight = (program.shape(name) for name in (rows.input[0], back.output[0], product.input[1]))
    if x is None or y is None or weight is None or x[-1] != weight[1] or y != (*x[:-1], weight[0]):
        return False
    fused = helper.make_node("FusedMatMul", [rows.input[0], product.input[1]], [back.output[0]], name=product.name, domain=FUSED, transB=1)
    unread = [rows] if program.readers(rows.output[0]) == [product] else []
    program.replace([product, back, *unread], fused)
    return True
