// Every threshold of the gate, in one place. docs/method.md says why; a change is a commit of its own with a
// table of what it does to the verdicts of honest and dishonest runners.
#pragma once

#include <cstdint>

namespace assay::verify {

// `exact`: an output's error is at most so many times the yardstick, in both norms, and never has to be below
// the floor.
inline constexpr double kExactTimesYardstick = 10;
inline constexpr double kExactFloor = 1e-6;

// `f32-fast`: at most so many times what `exact` allows.
inline constexpr double kFastTimesExact = 10;

// `reduced`, for a contestant that declares tf32, f16 or bf16: at most so many times what the rules of
// `exact` allow with the yardstick of that type (operands rounded to it).
inline constexpr double kReducedTimesExact = 0.5;

// The floor of an output in such a type, in roundings of one number to it; half of it passes. The yardstick
// of a single number, as a loss is, may be small by luck.
inline constexpr double kReducedFloorRoundings = 2;

// A gradient: |error|_2 at most so many times its yardstick, plus kGradientFloor * sqrt(elements) * RMS of
// all gradients.
inline constexpr double kGradientTimesYardstick = 30;
inline constexpr double kGradientFloor = 1e-6;
// An element within so many RMS of its tensor of ReLU's zero, or of its max-pool window's largest element, is
// ambiguous: rounding may decide on which side of the kink it lies. A gradient may be off by so many times
// what all of them together can do to it.
inline constexpr double kKinkWidth = 20 * 0x1p-24;
inline constexpr double kGradientTimesSpread = 3;
// All gradients together, as one tensor: so many times their yardstick, never below kExactFloor.
inline constexpr double kGradientsTimesYardstick = 10;
// A gradient whose tolerance exceeds this share of its norm is reported as insensitive.
inline constexpr double kInsensitiveShare = 0.1;

// Steps in the middle of a graph (verify/steps.h): an operand that is within so many of its yardsticks of the
// step may fall on either side. An output may be off by so many times what all of them together did to it;
// and the operands of the last steps, by so many times what they did to these.
inline constexpr double kStepTimesYardstick = 10;
inline constexpr double kTimesSteps = 3;

// Multiples of the yardstick are told of a yardstick that is at least float32's unit roundoff: a single
// number can be exact by luck.
inline constexpr double kLeastYardstick = 0x1p-24;

// Thresholds of work put off until outputs are asked for are with the rule, record/outputs_cost.h.

// Too near: an answer was not computed in float32 when each of its tensors is off by at most the larger of so
// many times what rounding the truth itself to float32 does (about 2^-25), and so small a share of its
// yardstick. Honest frameworks lie at 0.5 yardsticks and more; float64 that is rounded once an operator, the
// nearest that can be, at 0.2. Left out are tensors with fewer elements, or whose norm fewer of them hold, as
// that of a softmax that is sure of itself: such may be near by chance; and those whose yardstick is less
// than so many such roundings: few operators lead there.
inline constexpr double kTooNearRoundings = 1.2;
inline constexpr double kTooNearShare = 0.1;
inline constexpr int64_t kTooNearElements = 32;
inline constexpr double kTooNearHolders = 8;
inline constexpr double kTooNearLeastYardstick = 5;

// Guessing a cause from the error as a multiple of the yardstick. Numbers of 11 significant bits (tf32, f16)
// round 2^13 times as coarsely as float32, those of 8 bits (bf16) 2^16 times; sums average operand rounding
// down by up to a factor of ten, so the ranges begin lower and meet halfway.
inline constexpr double kLooksLikeTf32 = 0x1p9;
inline constexpr double kLooksLikeBf16 = 0x1p12;
inline constexpr double kTooFarForBf16 = 0x1p18;
// A cosine between answer and truth below this: nothing in common. Above 1 - kSameDirection: the same but for
// a factor.
inline constexpr double kUnrelatedCosine = 0.2;
inline constexpr double kSameDirection = 1e-6;

}  // namespace assay::verify
