#include "models/request.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "models/workload.h"

namespace assay::models {
namespace {

using record::WorkloadName;

const Dimensions& dimensions_of(const Model& model, std::string_view kind) {
  static const Dimensions none;
  const auto found = model.dimensions.find(kind);
  return found == model.dimensions.end() ? none : found->second;
}

bool has_workload(const Model& model, std::string_view kind) {
  return std::ranges::find(model.workloads, kind) != model.workloads.end();
}

std::string options(const Dimensions& taken) {
  std::vector<std::string> names;
  for (const auto& [dimension, bounds] : taken)
    names.push_back(fmt::format("--{}", record::words_of(dimension).name));
  return names.empty() ? "no sizes" : fmt::format("{}", fmt::join(names, ", "));
}

std::string allowed(const Bounds& bounds) {
  std::string text = bounds.most == record::kMostOfDimension
                         ? fmt::format("at least {}", bounds.least)
                         : fmt::format("{} to {}", bounds.least, bounds.most);
  if (bounds.multiple_of > 1) text += fmt::format(", a multiple of {}", bounds.multiple_of);
  return text;
}

bool within(int64_t size, const Bounds& bounds) {
  return size >= bounds.least && size <= bounds.most && size % bounds.multiple_of == 0;
}

Result<> check_bounds(const Model& model, std::string_view kind, Dimension dimension, int64_t size) {
  const Dimensions& taken = dimensions_of(model, kind);
  const auto found = taken.find(dimension);
  const auto option = record::words_of(dimension).name;
  if (found == taken.end())
    return fail(ErrorKind::usage, "--{} {}: {} of {} {} takes {}", option, size, kind, model.name, model.size,
                options(taken));
  if (!within(size, found->second))
    return fail(ErrorKind::usage, "--{} {}: {} of {} {} takes {}", option, size, kind, model.name, model.size,
                allowed(found->second));
  return {};
}

// Before tables and inputs are made: each dimension may be within its bounds, and all together beyond any
// memory.
Result<> check_product(const Model& model, const WorkloadName& name, const Request& whole) {
  constexpr double kMostPositions = 1 << 21, kMostPixels = 1 << 26;
  double positions = 1, pixels = 1;
  for (const auto& [dimension, size] : whole) {
    const bool plane = dimension == Dimension::image || dimension == Dimension::latent;
    (plane ? pixels : positions) *= static_cast<double>(plane ? size * size : size);
  }
  if (positions <= kMostPositions && positions * pixels <= (pixels > 1 ? kMostPixels : kMostPositions))
    return {};
  return fail(ErrorKind::usage,
              "{} of {} {}: a step of that size is more than Assay builds: {} positions, or {} pixels",
              record::to_string(name), model.name, model.size, kMostPositions, kMostPixels);
}

// The workloads that the sizes are for.
Result<std::vector<WorkloadName>> chosen(const Model& model, std::span<const std::string> workloads,
                                         const Sweep& sweep) {
  std::vector<WorkloadName> names;
  for (const std::string& text :
       workloads.empty() ? std::span<const std::string>(model.workloads) : workloads) {
    ASSAY_TRY(WorkloadName name, record::parse_workload(text));
    const bool takes_any = std::ranges::any_of(
        sweep, [&](const auto& sizes) { return dimensions_of(model, name.kind).contains(sizes.first); });
    const bool as_usual = sweep.empty() && name.kind != "generate";
    const bool asked_to_write = name.kind != "generate" || sweep.contains(Dimension::new_tokens);
    const bool wanted = !workloads.empty() || as_usual || (takes_any && asked_to_write);
    if (has_workload(model, name.kind) && wanted) names.push_back(std::move(name));
  }
  return names;
}

Result<> check_all_taken(const Model& model, std::span<const WorkloadName> names, const Sweep& sweep) {
  for (const auto& [dimension, sizes] : sweep) {
    const auto takes = [&](const WorkloadName& name) {
      return dimensions_of(model, name.kind).contains(dimension);
    };
    if (names.empty())
      return fail(ErrorKind::usage, "--{}: {} {} has no workload that takes it",
                  record::words_of(dimension).name, model.name, model.size);
    if (std::ranges::none_of(names, takes))
      return check_bounds(model, names.front().kind, dimension, sizes.front());
  }
  return {};
}

// Every combination of the sizes that this workload takes, the first dimension slowest.
Result<std::vector<WorkloadName>> combinations(const Model& model, const WorkloadName& name,
                                               const Sweep& sweep) {
  std::vector<WorkloadName> all = {name};
  for (const auto& [dimension, sizes] : sweep) {
    if (!dimensions_of(model, name.kind).contains(dimension)) continue;
    if (name.request.contains(dimension))
      return fail(ErrorKind::usage, "--{} and -w '{}' both say how large", record::words_of(dimension).name,
                  record::to_string(name));
    std::vector<WorkloadName> more;
    for (const WorkloadName& one : all)
      for (const int64_t size : sizes) more.emplace_back(one).request[dimension] = size;
    all = std::move(more);
  }
  return all;
}

}  // namespace

Result<Request> whole_request(const Model& model, const WorkloadName& name) {
  Request whole = name.request;
  for (const auto& [dimension, size] : name.request)
    ASSAY_TRY_VOID(check_bounds(model, name.kind, dimension, size));
  for (const auto& [dimension, bounds] : dimensions_of(model, name.kind))
    whole.emplace(dimension, bounds.usual);
  ASSAY_TRY_VOID(check_product(model, name, whole));
  return whole;
}

Result<WorkloadName> normal_name(const Model& model, std::string_view workload) {
  ASSAY_TRY(WorkloadName name, record::parse_workload(workload));
  if (!has_workload(model, name.kind))
    return fail(ErrorKind::usage, "{} {} has no workload '{}'; it has {}", model.name, model.size, name.kind,
                fmt::join(model.workloads, ", "));
  ASSAY_TRY_VOID(whole_request(model, name));
  std::erase_if(name.request, [&](const auto& size) {
    return dimensions_of(model, name.kind).at(size.first).usual == size.second;
  });
  return name;
}

Result<std::vector<std::string>> swept(const Model& model, std::span<const std::string> workloads,
                                       const Sweep& sweep) {
  ASSAY_TRY(const auto names, chosen(model, workloads, sweep));
  ASSAY_TRY_VOID(check_all_taken(model, names, sweep));
  std::vector<std::string> result;
  for (const WorkloadName& name : names) {
    ASSAY_TRY(const auto all, combinations(model, name, sweep));
    for (const WorkloadName& one : all) {
      ASSAY_TRY(const WorkloadName normal, normal_name(model, record::to_string(one)));
      const std::string text = record::to_string(normal);
      if (std::ranges::find(result, text) == result.end()) result.push_back(text);
    }
  }
  return result;
}

}  // namespace assay::models
