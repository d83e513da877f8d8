// What sizes of a request a model's workloads take, and the requests that follow from what a user asks for.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/request.h"

namespace assay::models {

using record::Dimension;
using record::Request;

inline constexpr int64_t kMostBatch = 1024;  // usually: what no machine needs more of to be busy

// One dimension of a workload: what is usual, and what may be asked for.
struct Bounds {
  int64_t usual = 1;
  int64_t least = 1;
  int64_t most = record::kMostOfDimension;
  int64_t multiple_of = 1;
};
using Dimensions = std::map<Dimension, Bounds>;
using WorkloadDimensions = std::map<std::string, Dimensions, std::less<>>;  // by the workload's kind

struct Model;

// The request whole: what the name says, within its bounds, and what is usual for the rest. Fails (usage)
// naming the option and what the workload takes.
[[nodiscard]] Result<Request> whole_request(const Model& model, const record::WorkloadName& name);

// The name without what is usual: one request has one name. Fails as whole_request() does, or (usage) when
// the model has no such workload.
[[nodiscard]] Result<record::WorkloadName> normal_name(const Model& model, std::string_view workload);

// Several sizes to be measured, by dimension.
using Sweep = std::map<Dimension, std::vector<int64_t>>;

// The normal names of the workloads to measure of a model, each once: those of `workloads` that it has, all
// but `generate` where there are none (its parts are measured as inference and latency), with every
// combination of the sizes that each takes. Where the workloads are not named, those that take none of the
// sizes are left out. Fails (usage) on a size that none of them takes.
[[nodiscard]] Result<std::vector<std::string>> swept(const Model& model,
                                                     std::span<const std::string> workloads,
                                                     const Sweep& sweep);

}  // namespace assay::models
