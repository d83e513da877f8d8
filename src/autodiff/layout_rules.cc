// Gradients of operators that move elements without computing: the way back.
#include <algorithm>

#include "autodiff/rule.h"
#include "graph/slice.h"

namespace assay::autodiff {
namespace {

void same(GradientContext& c) { c.give(0, c.gradient()); }

void reshaped(GradientContext& c) { c.give(0, c.emit.reshape(c.gradient(), c.shape(0))); }

void cast(GradientContext& c) {
  Emitter& e = c.emit;
  const auto code = [](DType type) -> int64_t {  // onnx.TensorProto.DataType
    switch (type) {
      case DType::f64:
        return 11;
      case DType::f16:
        return 10;
      case DType::bf16:
        return 16;
      default:
        return 1;
    }
  };
  const DType type = e.dtype(c.input(0));
  c.give(0, e.dtype(c.output()) == type ? c.gradient() : e.op("Cast", {c.gradient()}, {{"to", code(type)}}));
}

void transpose(GradientContext& c) {
  const auto rank = static_cast<int64_t>(c.shape(0).size());
  std::vector<int64_t> inverse(static_cast<size_t>(rank));
  const std::vector<int64_t> permutation = c.node.integers("perm");
  for (int64_t i = 0; i < rank; ++i)
    inverse[static_cast<size_t>(permutation.empty() ? rank - 1 - i : permutation[static_cast<size_t>(i)])] =
        i;
  c.give(0, c.emit.transpose(c.gradient(), inverse));
}

void expand(GradientContext& c) { c.give(0, c.emit.sum_to(c.gradient(), c.shape(0))); }

ValueId part(Emitter& e, ValueId value, int64_t axis, int64_t start, int64_t end) {
  return e.op("Slice", {value, e.integers({start}), e.integers({end}), e.integers({axis})});
}

// One Split when every operand wants its part, else a Slice each.
void concat(GradientContext& c) {
  Emitter& e = c.emit;
  const auto axis = static_cast<int64_t>(c.axis(c.node.integer("axis", 0)));
  const size_t count = c.node.inputs.size();
  std::vector<int64_t> sizes;
  size_t wanted = 0;
  for (size_t i = 0; i < count; ++i) {
    sizes.push_back(c.shape(i)[static_cast<size_t>(axis)]);
    wanted += c.wants(i) ? 1 : 0;
  }
  if (wanted == count) {
    const auto parts = e.ops("Split", {c.gradient(), e.integers(sizes)}, {{"axis", axis}}, count);
    for (size_t i = 0; i < count; ++i) c.give(i, parts[i]);
    return;
  }
  int64_t start = 0;
  for (size_t i = 0; i < count; start += sizes[i++])
    if (c.wants(i)) c.give(i, part(e, c.gradient(), axis, start, start + sizes[i]));
}

void split(GradientContext& c) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < c.node.outputs.size(); ++i) {
    if (c.node.output(i) == kAbsent) return c.fail("an output is left out");
    parts.push_back(c.gradient(i));
  }
  const auto axis = static_cast<int64_t>(c.axis(c.node.integer("axis", 0)));
  c.give(0, parts.size() == 1 ? parts[0] : c.emit.op("Concat", parts, {{"axis", axis}}));
}

ValueId pad(Emitter& e, ValueId value, std::vector<int64_t> before, const std::vector<int64_t>& after) {
  before.insert(before.end(), after.begin(), after.end());
  if (std::ranges::all_of(before, [](int64_t n) { return n == 0; })) return value;
  return e.op("Pad", {value, e.integers(before)});
}

// The elements of every dimension moved `steps` apart, zeros between and after them.
ValueId spread(Emitter& e, ValueId value, const Shape& shape, const std::vector<int64_t>& steps) {
  if (std::ranges::all_of(steps, [](int64_t n) { return n == 1; })) return value;
  Shape split_shape;
  Shape joined;
  std::vector<int64_t> after;
  for (size_t i = 0; i < shape.size(); ++i) {
    split_shape.insert(split_shape.end(), {shape[i], 1});
    after.insert(after.end(), {0, steps[i] - 1});
    joined.push_back(shape[i] * steps[i]);
  }
  return e.reshape(pad(e, e.reshape(value, split_shape), std::vector<int64_t>(after.size()), after), joined);
}

ValueId reversed(Emitter& e, ValueId value, int64_t axis) {
  return e.op("Slice",
              {value, e.integers({-1}), e.integers({INT64_MIN + 1}), e.integers({axis}), e.integers({-1})});
}

// Zeros where nothing was taken: turned round where the step is negative, spread out where it is not one,
// padded.
void slice(GradientContext& c) {
  Emitter& e = c.emit;
  const auto ranges = graph::slice_ranges(c.forward(), c.node);
  if (!ranges) return c.fail(ranges.error().message);
  const Shape x = c.shape(0);
  ValueId g = c.gradient();
  std::vector<int64_t> steps, before, after;
  for (size_t i = 0; i < x.size(); ++i) {
    const graph::SliceRange& r = (*ranges)[i];
    if (r.step < 0) g = reversed(e, g, static_cast<int64_t>(i));
    steps.push_back(std::abs(r.step));
    before.push_back(r.step < 0 ? r.start + r.step * (r.count - 1) : r.start);
    after.push_back(x[i] - before.back() - steps.back() * r.count);
  }
  c.give(0, pad(e, spread(e, g, e.shape(c.output()), steps), before, after));
}

// The gradient along one axis, added up where the padding shows an element again.
ValueId gathered_back(Emitter& e, ValueId g, size_t axis, int64_t length,
                      const std::vector<int64_t>& sources) {
  std::vector<int64_t> order{static_cast<int64_t>(axis)}, back;
  for (size_t d = 0; d < e.shape(g).size(); ++d)
    if (d != axis) order.push_back(static_cast<int64_t>(d));
  for (size_t d = 0; d < order.size(); ++d)
    back.push_back(std::ranges::find(order, static_cast<int64_t>(d)) - order.begin());
  const ValueId rows = e.transpose(g, order);
  Shape shape = e.shape(rows);
  shape[0] = length;
  const ValueId where = e.reshape(e.integers(sources), {static_cast<int64_t>(sources.size()), 1});
  const ValueId sum =
      e.op("ScatterND", {e.zeros(shape, e.dtype(g)), where, rows}, {{"reduction", std::string("add")}});
  return e.transpose(sum, back);
}

void pad_rule(GradientContext& c) {
  Emitter& e = c.emit;
  const std::string mode = c.node.text("mode", "constant");
  const auto ranges = graph::pad_ranges(c.forward(), c.node);
  if (!ranges) return c.fail(ranges.error().message);
  if (c.wants(2)) return c.fail("what is padded with cannot be trained");
  ValueId g = c.gradient();
  std::vector<int64_t> before, after;
  for (size_t d = 0; d < ranges->size(); ++d) {
    const graph::PadRange& r = (*ranges)[d];
    before.push_back(-r.before);
    after.push_back(-r.after);
    if (mode != "constant" && (r.before != 0 || r.after != 0))
      g = gathered_back(e, g, d, c.shape(0)[d], graph::padded_indices(r, c.shape(0)[d], mode));
  }
  c.give(0, mode == "constant" ? pad(e, g, before, after) : g);
}

// The sum over the repetitions.
void tile(GradientContext& c) {
  Emitter& e = c.emit;
  const std::vector<int64_t> repeats = c.integers(1);
  Shape split_shape;
  std::vector<int64_t> axes;
  for (size_t d = 0; d < repeats.size(); ++d) {
    axes.push_back(static_cast<int64_t>(split_shape.size()));
    split_shape.insert(split_shape.end(), {repeats[d], c.shape(0)[d]});
  }
  c.give(0, e.reshape(e.sum(e.reshape(c.gradient(), split_shape), axes, false), c.shape(0)));
}

// Blocks of channels and of pixels, one the way back of the other.
void depth_to_space(GradientContext& c) {
  Emitter& e = c.emit;
  const int64_t block = c.node.integer("blocksize", 1);
  if (c.node.text("mode", "DCR") == "DCR")
    return c.give(0, e.op("SpaceToDepth", {c.gradient()}, {{"blocksize", block}}));
  const Shape x = c.shape(0);
  const ValueId parts = e.reshape(c.gradient(), {x[0], x[1] / block / block, x[2], block, x[3], block});
  c.give(0, e.reshape(e.transpose(parts, {0, 1, 3, 5, 2, 4}), x));
}

void space_to_depth(GradientContext& c) {
  c.give(0, c.emit.op("DepthToSpace", {c.gradient()}, {{"blocksize", c.node.integer("blocksize", 1)}}));
}

// The same operator on the gradient.
void itself(GradientContext& c) {
  std::vector<ValueId> inputs{c.gradient()};
  if (c.input(1) != kAbsent) inputs.push_back(c.input(1));
  c.give(0, c.emit.op(c.node.op, inputs, c.node.attributes));
}

constexpr Rule kLayoutRules[] = {
    {"Identity", same},
    {"Reshape", reshaped},
    {"Flatten", reshaped},
    {"Squeeze", reshaped},
    {"Unsqueeze", reshaped},
    {"Cast", cast},
    {"Transpose", transpose},
    {"Expand", expand},
    {"Concat", concat},
    {"Split", split},
    {"Slice", slice},
    {"Pad", pad_rule},
    {"Tile", tile},
    {"DepthToSpace", depth_to_space},
    {"SpaceToDepth", space_to_depth},
    {"Trilu", itself},
    {"ReverseSequence", itself},
};

}  // namespace

std::span<const Rule> layout_rules() { return kLayoutRules; }

}  // namespace assay::autodiff
