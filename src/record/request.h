// How large a request is that a workload answers, and the name of a workload that says so: "inference[512]",
// "latency[@4096,x8]". What is not said is as usual for the model, and the plain name means just that. This
// is the one place that reads and writes such names.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay::record {

// What of a request can be chosen, in the order of names.
enum class Dimension : uint8_t {
  tokens,      // read in one step
  context,     // positions that lie before the step's token
  new_tokens,  // written one after the other
  image,       // pixels a side
  latent,      // pixels a side of a latent image
  seconds,     // of speech
  batch,       // requests answered by one step
};

// How a dimension is written: as an option and key by its name, in a workload's name between two marks.
struct DimensionWords {
  Dimension dimension;
  std::string_view name;           // "context"
  std::string_view before, after;  // "@", ""
  std::string_view meaning;        // for help: "positions before the token"
};
[[nodiscard]] std::span<const DimensionWords> dimensions();
[[nodiscard]] const DimensionWords& words_of(Dimension dimension);

// The sizes that differ from what is usual for the model; for a builder of graphs, all that the workload has.
using Request = std::map<Dimension, int64_t>;

struct WorkloadName {
  std::string kind;  // "inference", "latency", "training", "generate"
  Request request;
  bool operator==(const WorkloadName&) const = default;
};

// No size of a request is larger; who bounds it more closely is the model.
inline constexpr int64_t kMostOfDimension = 1'000'000'000;

// "latency[@4096,x8]": kind, then the sizes in the order above.
[[nodiscard]] std::string to_string(const WorkloadName& name);

// Reads it, whatever the order of the sizes. Fails (usage) naming what is no size, or comes twice.
[[nodiscard]] Result<WorkloadName> parse_workload(std::string_view text);

// "latency" of "latency[@4096,x8]".
[[nodiscard]] std::string_view kind_of(std::string_view workload);

// Whether `workload` is what a filter asks for: one of that kind, or the very one where sizes are named.
[[nodiscard]] bool matches(std::string_view workload, std::string_view filter);

}  // namespace assay::record
