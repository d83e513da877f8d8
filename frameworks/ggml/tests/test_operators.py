"""Operators that the runner makes of several of ggml's, where one of those would go wrong: infinities, what is no number, equal elements,
halves, tensors of many axes. The conformance suite has all the rest."""

import numpy
import pytest
from drive import write_inputs

INF, NAN = numpy.inf, numpy.nan
TYPES = {"float32": "F32", "int64": "I64", "bool": "BOOL"}


def run(client, folder, op, arrays, outputs, constants=(), **attributes):
    """What a node makes of `arrays`; `outputs`: their shapes and types."""
    def value(name, array):
        constant = {"data": array.ravel().tolist()} if name in constants else {}
        return {"name": name, "dtype": TYPES[str(array.dtype)], "shape": list(array.shape), "role": "constant" if constant else "input"} | constant
    values = [value(name, array) for name, array in arrays.items()]
    values += [{"name": f"y{i}", "dtype": dtype, "shape": list(shape), "role": "computed"} for i, (shape, dtype) in enumerate(outputs)]
    names = [f"y{i}" for i in range(len(outputs))]
    node = {"name": "node", "op": op, "inputs": list(arrays), "outputs": names, "attributes": attributes}
    graph = {"assay_graph": 1, "name": op, "values": values, "nodes": [node], "outputs": names}
    given = {name: array for name, array in arrays.items() if name not in constants}
    written, runner = write_inputs(folder / op, graph, {"unused": numpy.zeros(1, numpy.float32)}, given), client()
    loaded = runner.load(written)
    assert "result" in loaded, loaded
    found = runner.run(written, 0)
    return [found[name] for name in names]


def one(client, folder, op, arrays, shape, dtype="F32", **more):
    return run(client, folder, op, arrays, [(shape, dtype)], **more)[0]


def floats(*numbers):
    return numpy.array(numbers, numpy.float32)


def test_halves_are_rounded_to_even(client, tmp_path):
    x = floats(-2.5, -1.5, -0.5, -0.49999997, 0, 0.49999997, 0.5, 1.5, 2.5, 3.5, 4.4999995, 8388607.5, 2**24, INF, -INF)
    numpy.testing.assert_array_equal(one(client, tmp_path, "Round", {"x": x}, x.shape), numpy.round(x))


SPECIAL = floats(1, 2, -INF, INF, NAN, -1, 1e-45, 0, -0.0, 3.4e38)


@pytest.mark.parametrize("op, compare", [("Equal", numpy.equal), ("Less", numpy.less), ("LessOrEqual", numpy.less_equal),
                                         ("Greater", numpy.greater), ("GreaterOrEqual", numpy.greater_equal)])
def test_comparisons_of_what_is_no_number(client, tmp_path, op, compare):
    a, b = numpy.repeat(SPECIAL, 10), numpy.tile(SPECIAL, 10)
    numpy.testing.assert_array_equal(one(client, tmp_path, op, {"a": a, "b": b}, a.shape, "BOOL"), compare(a, b))


@pytest.mark.parametrize("op, ask", [("IsNaN", numpy.isnan), ("IsInf", numpy.isinf)])
def test_what_is_no_number_is_found(client, tmp_path, op, ask):
    numpy.testing.assert_array_equal(one(client, tmp_path, op, {"x": SPECIAL}, SPECIAL.shape, "BOOL"), ask(SPECIAL))


def test_a_choice_takes_nothing_of_the_other(client, tmp_path):
    condition, x, y = numpy.array([[True, False, True], [False, True, False]]), floats(1, INF, 3), floats(-INF).reshape(1, 1)
    found = one(client, tmp_path, "Where", {"c": condition, "x": x, "y": y}, (2, 3))
    numpy.testing.assert_array_equal(found, numpy.where(condition, x, y))


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("op, sign", [("ArgMax", 1), ("ArgMin", -1)])
def test_of_equal_elements_the_first_or_the_last(client, tmp_path, op, sign, last):
    x = floats(1, 3, 3, 2, 0, 0, 0, 0, -1, -INF, -1, -INF).reshape(3, 4) * sign
    found = one(client, tmp_path, op, {"x": x}, (3, 1), "I64", axis=1, select_last_index=last)
    numpy.testing.assert_array_equal(found, [[2], [3], [2]] if last else [[1], [0], [0]])


@pytest.mark.parametrize("op, choose", [("Max", numpy.maximum), ("Min", numpy.minimum)])
def test_the_larger_is_taken_whole(client, tmp_path, op, choose):
    a, b = floats(3.1, 1e-8, INF, -INF, 5, -7e20), floats(-1e6, -1e4, 0, 2, 5.0000005, 7e20)
    numpy.testing.assert_array_equal(one(client, tmp_path, op, {"a": a, "b": b}, a.shape), choose(a, b))


@pytest.mark.parametrize("shape", [(4, 4), (2, 5), (5, 2), (3, 1, 4)], ids=str)
@pytest.mark.parametrize("diagonal", [-6, -1, 0, 1, 2, 6])
def test_triangles_of_infinities(client, tmp_path, shape, diagonal):
    x = numpy.full(shape, -INF, numpy.float32)
    for upper, cut in ((1, numpy.triu), (0, numpy.tril)):
        found = one(client, tmp_path / str(upper), "Trilu", {"x": x, "k": numpy.array(diagonal)}, shape, constants=("k",), upper=upper)
        numpy.testing.assert_array_equal(found, cut(x, diagonal))


@pytest.mark.parametrize("perm", [(0, 3, 1, 4, 2, 5), (5, 4, 3, 2, 1, 0), (2, 0, 5, 1, 3, 4)], ids=str)
def test_six_axes_change_places(client, tmp_path, perm):
    x = numpy.arange(2 * 3 * 4 * 1 * 2 * 3, dtype=numpy.float32).reshape(2, 3, 4, 1, 2, 3)
    expected = x.transpose(perm)
    numpy.testing.assert_array_equal(one(client, tmp_path, "Transpose", {"x": x}, expected.shape, perm=list(perm)), expected)


@pytest.mark.parametrize("shapes", [((2, 1, 3, 1, 2), (2, 4, 3, 1, 2)), ((2, 3, 2, 2, 2), (2,)), ((3, 2, 2, 2, 2), (1, 2, 2, 2, 2))], ids=str)
def test_operands_of_five_axes_broadcast(client, tmp_path, shapes):
    a, b = (numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32) for shape in shapes)
    numpy.testing.assert_array_equal(one(client, tmp_path, "Sub", {"a": a, "b": b}, (a - b).shape), a - b)


def test_a_query_that_sees_no_key_is_zero(client, tmp_path):
    q, k, v = numpy.random.default_rng(0).standard_normal((3, 1, 2, 3, 4)).astype(numpy.float32)
    seen = numpy.array([[True, False, True], [False] * 3, [True] * 3])
    found = one(client, tmp_path, "Attention", {"q": q, "k": k, "v": v, "mask": seen}, q.shape)
    scores = numpy.where(seen, numpy.exp(q @ k.swapaxes(-1, -2) / 2), 0)
    expected = scores / numpy.maximum(scores.sum(-1, keepdims=True), 1e-30) @ v
    assert not found[..., 1, :].any()
    numpy.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_integers_are_divided_towards_zero(client, tmp_path):
    a, b = numpy.array([7, -7, 7, -7, 2**24 - 1]), numpy.array([2, 2, -2, -2, 4097])
    numpy.testing.assert_array_equal(one(client, tmp_path, "Div", {"a": a, "b": b}, a.shape, "I64"), [3, -3, -3, 3, 4095])


def test_small_numbers_keep_their_digits(client, tmp_path):
    x = floats(1e-6, -1e-6, 1e-3, 0.1, 1, -20, 0)
    for op, exact in (("Sinh", numpy.sinh), ("Asinh", numpy.arcsinh)):
        numpy.testing.assert_allclose(one(client, tmp_path, op, {"x": x}, x.shape), exact(x.astype(numpy.float64)), rtol=2e-6)


def test_a_long_sequence_of_which_only_the_last_state_is_wanted(client, tmp_path):
    steps, hidden = 300, 4
    random = numpy.random.default_rng(0)
    x, w, r = (random.standard_normal(shape).astype(numpy.float32) for shape in ((steps, 2, 3), (1, hidden, 3), (1, hidden, hidden)))
    values = [{"name": name, "dtype": "F32", "shape": list(array.shape), "role": "input"} for name, array in (("x", x), ("w", w), ("r", r))]
    values.append({"name": "h", "dtype": "F32", "shape": [1, 2, hidden], "role": "computed"})
    node = {"name": "node", "op": "RNN", "inputs": ["x", "w", "r"], "outputs": ["", "h"], "attributes": {"hidden_size": hidden}}
    graph = {"assay_graph": 1, "name": "long", "values": values, "nodes": [node], "outputs": ["h"]}
    folder, runner = write_inputs(tmp_path / "long", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": x, "w": w, "r": r}), client()
    assert "result" in runner.load(folder)
    h = numpy.zeros((2, hidden))
    for step in x.astype(numpy.float64):
        h = numpy.tanh(step @ w[0].T.astype(numpy.float64) + h @ r[0].T.astype(numpy.float64))
    numpy.testing.assert_allclose(runner.run(folder, 0)["h"][0], h, atol=1e-3)


def test_labels_that_a_graph_computes(client, tmp_path):
    scores, labels = numpy.random.default_rng(0).standard_normal((4, 3), numpy.float32), numpy.array([0, -1, 1, -1])
    values = [{"name": "x", "dtype": "F32", "shape": [4, 3], "role": "input"}, {"name": "l", "dtype": "I64", "shape": [4], "role": "input"},
              {"name": "one", "dtype": "I64", "shape": [], "role": "constant", "data": [1]},
              {"name": "next", "dtype": "I64", "shape": [4], "role": "computed"}, {"name": "loss", "dtype": "F32", "shape": [], "role": "computed"}]
    nodes = [{"name": "add", "op": "Add", "inputs": ["l", "one"], "outputs": ["next"], "attributes": {}},
             {"name": "node", "op": "SoftmaxCrossEntropyLoss", "inputs": ["x", "next"], "outputs": ["loss"], "attributes": {"ignore_index": 0}}]
    graph = {"assay_graph": 1, "name": "labels", "values": values, "nodes": nodes, "outputs": ["loss"]}
    folder, runner = write_inputs(tmp_path / "labels", graph, {"unused": numpy.zeros(1, numpy.float32)}, {"x": scores, "l": labels}), client()
    assert "result" in runner.load(folder)
    logarithms = scores - numpy.log(numpy.exp(scores).sum(1, keepdims=True))
    numpy.testing.assert_allclose(runner.run(folder, 0)["loss"], -(logarithms[0, 1] + logarithms[2, 2]) / 2, rtol=1e-5)
