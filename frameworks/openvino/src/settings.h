// OpenVINO's settings for a measurement: float32 throughout, one request at a time, so many threads.
#pragma once

#include <cstdint>
#include <openvino/openvino.hpp>
#include <string>

#include "assay_runner/answer.h"

namespace openvino_runner {

// The process has one; it loads the plugins.
[[nodiscard]] ov::Core& core();

// For all that the process does from now on, what compiles outside the plugin's own pool of threads, too.
void limit_threads(int threads);

[[nodiscard]] ov::AnyMap settings(int threads);

// Whether a model may compute in integers of few bits: a quantised file does.
enum class Quantised : uint8_t { no, yes };

// How many threads the model has: those of the settings, or as many as there are processors. Fails (failed)
// when a node computes in a coarser type than it may.
[[nodiscard]] assay_runner::Answer<int> checked_threads(const ov::CompiledModel& compiled, int threads,
                                                        Quantised quantised);

// The last line of what OpenVINO throws, which says what is wrong; the others say where in its sources.
[[nodiscard]] std::string reason(const std::exception& exception);

}  // namespace openvino_runner
