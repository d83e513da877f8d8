// Fresh inputs: as many sets for a workload's step as are wanted, numbered, each as its two fixed sets look.
// A runner that has seen all earlier ones cannot know the next.
#pragma once

#include <cstdint>

#include "models/stack.h"
#include "models/workload.h"

namespace assay::models {

// The sets first, first + 1, ... stacked (models/stack.h): every input of the step's graph. A set is a
// function of workload, seed and its number alone, the same bits on every machine. Float32 inputs are noise
// of zero mean and unit variance, new in every element, times excepted; ids are uniform where they may be.
//
// No two numbers give the same set, as long as there are enough sets at all: where a step has nothing but
// ids, one of them walks through all that there are before any comes again. A lone token (`latency` of a
// language model) must therefore repeat after possible_sets() numbers: within [k * possible, (k + 1) *
// possible) none comes twice.
[[nodiscard]] TensorMap fresh_inputs(const Workload& workload, uint64_t seed, uint64_t first, int count);

// How many sets there can be: the number of tokens for a lone one, the largest int64 where it is no limit.
[[nodiscard]] int64_t possible_sets(const Workload& workload);

// Bytes of the tensors of one set.
[[nodiscard]] int64_t set_bytes(const Workload& workload);

// What the graph that gives the truth is evaluated with for these inputs of the step: workload.truth's, where
// there is one, else the step's own. That graph has no states; it takes what the state was made from (set 0
// of workload.state), followed by what the step adds to it along the last dimension.
[[nodiscard]] TensorMap truth_inputs(const Workload& workload, const TensorMap& step_inputs);

}  // namespace assay::models
