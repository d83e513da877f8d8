// Mistakes that a runner's translation of a graph may contain, as changed graphs: an honest runner that is
// given one answers like a runner with that mistake that is given the right graph. So one set serves every
// framework. The gate must reject them all (bench/gate), but for those whose effect lies below float32's
// rounding: of these only the graph tells, by its hash.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "graph/graph.h"

namespace assay::mutants {

// Which graph the mistake is made in: the workload's step, or the gradient graph made from it.
enum class Place : uint8_t { step, gradient };
// What must notice it: the gate, or only the graph's hash.
enum class Seen : uint8_t { by_gate, by_hash };

struct Mutant {
  std::string_view name;  // "no-causal-mask"
  std::string_view what;  // one line
  Place place = Place::step;
  Seen seen = Seen::by_gate;
  // The changed graph; nothing when the graph has no place for the mistake. Fails (data) as graphs do.
  std::function<Result<std::optional<graph::Graph>>(const graph::Graph&)> apply;
};

// All of them, by name.
[[nodiscard]] std::span<const Mutant> all();

}  // namespace assay::mutants
