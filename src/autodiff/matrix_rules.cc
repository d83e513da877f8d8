// Gradients of products. Weight gradients are Gemm with transA on flattened operands, so nothing is
// transposed in memory; a known factor on the gradient (the 1/N of a mean loss) goes into Gemm's alpha
// instead of a pass over the logits.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

// y[..., out] = x[..., in] W' + b, W' of the form [in, out] or transposed; the gradient of one of them from
// g[..., out].
struct Projection {
  GradientContext& c;
  Scaled g;
  bool transposed;  // W is [out, in]

  ValueId of_x() const {
    const ValueId w = c.input(1);
    // A product of the shape as it is saves two reshapes.
    if (transposed && g.factor == 1) return c.emit.matmul(g.base, w);
    const ValueId x = c.emit.gemm(c.emit.rows(g.base), w, {.transpose_b = !transposed, .factor = g.factor});
    return c.emit.reshape(x, c.shape(0));
  }

  ValueId of_w() const {
    const ValueId x = c.emit.rows(c.input(0));
    const ValueId y = c.emit.rows(g.base);
    return c.emit.gemm(transposed ? y : x, transposed ? x : y, {.transpose_a = true, .factor = g.factor});
  }

  ValueId of_b() const { return c.emit.scale(c.emit.sum(c.emit.rows(g.base), {0}, false), g.factor); }
};

void linear(GradientContext& c) {
  const Projection p{c, c.emit.unscaled(c.gradient()), true};
  if (c.wants(0)) c.give(0, p.of_x());
  if (c.wants(1)) c.give(1, p.of_w());
  if (c.wants(2)) c.give(2, p.of_b());
}

// Both operands of rank 2 or more.
void batched_matmul(GradientContext& c, ValueId a, ValueId b, ValueId g, const Shape& a_shape,
                    const Shape& b_shape) {
  Emitter& e = c.emit;
  if (c.wants(0)) c.give(0, e.reshape(e.sum_to(e.matmul(g, e.transpose_last(b)), a_shape), c.shape(0)));
  if (c.wants(1)) c.give(1, e.reshape(e.sum_to(e.matmul(e.transpose_last(a), g), b_shape), c.shape(1)));
}

void matmul(GradientContext& c) {
  Emitter& e = c.emit;
  Shape a = c.shape(0);
  Shape b = c.shape(1);
  if (a.size() >= 2 && b.size() == 2) {
    const Projection p{c, e.unscaled(c.gradient()), false};
    if (c.wants(0)) c.give(0, p.of_x());
    if (c.wants(1)) c.give(1, p.of_w());
    return;
  }
  // A vector is a matrix of one row on the left, of one column on the right; the product lacks that
  // dimension.
  Shape y = e.shape(c.output());
  if (b.size() == 1) y.push_back(1);
  if (a.size() == 1) y.insert(y.end() - 1, 1);
  if (a.size() == 1) a = {1, a[0]};
  if (b.size() == 1) b = {b[0], 1};
  batched_matmul(c, e.reshape(c.input(0), a), e.reshape(c.input(1), b), e.reshape(c.gradient(), y), a, b);
}

void gemm(GradientContext& c) {
  Emitter& e = c.emit;
  const auto [g, factor] = e.unscaled(c.gradient());
  const double alpha = factor * c.node.real("alpha", 1);
  const bool ta = c.node.integer("transA", 0) != 0;
  const bool tb = c.node.integer("transB", 0) != 0;
  const ValueId a = c.input(0);
  const ValueId b = c.input(1);
  if (c.wants(0)) c.give(0, ta ? e.gemm(b, g, {tb, true, alpha}) : e.gemm(g, b, {false, !tb, alpha}));
  if (c.wants(1)) c.give(1, tb ? e.gemm(g, a, {true, ta, alpha}) : e.gemm(a, g, {!ta, false, alpha}));
  if (c.wants(2)) c.give(2, e.scale(e.sum_to(g, c.shape(2)), factor * c.node.real("beta", 1)));
}

constexpr Rule kMatrixRules[] = {{"Linear", linear}, {"MatMul", matmul}, {"Gemm", gemm}};

}  // namespace

std::span<const Rule> matrix_rules() { return kMatrixRules; }

}  // namespace assay::autodiff
