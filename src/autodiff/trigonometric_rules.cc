// Gradients of the circular and hyperbolic functions and their inverses.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

// a + sign x^2.
ValueId square_and(Emitter& e, double a, double sign, ValueId x) {
  return e.plus(e.scale(e.square(x), sign), a);
}

ValueId inverse(Emitter& e, ValueId a) { return e.op("Reciprocal", {a}); }
ValueId root(Emitter& e, ValueId a) { return e.op("Sqrt", {a}); }

void give_slope(GradientContext& c, ValueId slope) { c.give(0, c.emit.mul(c.gradient(), slope)); }

void sin(GradientContext& c) { give_slope(c, c.emit.op("Cos", {c.input(0)})); }
void cos(GradientContext& c) { give_slope(c, c.emit.neg(c.emit.op("Sin", {c.input(0)}))); }
void tan(GradientContext& c) { give_slope(c, square_and(c.emit, 1, 1, c.output())); }
void sinh(GradientContext& c) { give_slope(c, c.emit.op("Cosh", {c.input(0)})); }
void cosh(GradientContext& c) { give_slope(c, c.emit.op("Sinh", {c.input(0)})); }

// 1 / sqrt(1 - x^2)
ValueId asin_slope(GradientContext& c) {
  return inverse(c.emit, root(c.emit, square_and(c.emit, 1, -1, c.input(0))));
}
void asin(GradientContext& c) { give_slope(c, asin_slope(c)); }
void acos(GradientContext& c) { give_slope(c, c.emit.neg(asin_slope(c))); }
void atan(GradientContext& c) { give_slope(c, inverse(c.emit, square_and(c.emit, 1, 1, c.input(0)))); }
void atanh(GradientContext& c) { give_slope(c, inverse(c.emit, square_and(c.emit, 1, -1, c.input(0)))); }
void asinh(GradientContext& c) {
  give_slope(c, inverse(c.emit, root(c.emit, square_and(c.emit, 1, 1, c.input(0)))));
}
void acosh(GradientContext& c) {
  give_slope(c, inverse(c.emit, root(c.emit, square_and(c.emit, -1, 1, c.input(0)))));
}

constexpr Rule kTrigonometricRules[] = {
    {"Acos", acos}, {"Acosh", acosh}, {"Asin", asin}, {"Asinh", asinh}, {"Atan", atan}, {"Atanh", atanh},
    {"Cos", cos},   {"Cosh", cosh},   {"Sin", sin},   {"Sinh", sinh},   {"Tan", tan},
};

}  // namespace

std::span<const Rule> trigonometric_rules() { return kTrigonometricRules; }

}  // namespace assay::autodiff
