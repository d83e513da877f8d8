// A valid message of every kind, each with something in its fields: what is mutated. Requests and their
// results stand at the same place of their variants.
#pragma once

#include <utility>
#include <vector>

#include "protocol/messages.h"

namespace assay::fuzz {

template <class T>
void fill(T&) {}

inline void fill(protocol::LoadRequest& load) {
  load.graph = "/g.json";
  load.weights = "/w.safetensors";
  load.variant = "eager";
  load.device = "cpu";
  load.cache = "/cache";
}
inline void fill(protocol::OutputsRequest& outputs) { outputs.path = "/o.safetensors"; }
inline void fill(protocol::Description& result) {
  result = {.framework = "Framework",
            .version = "1.2",
            .devices = {{"cpu", "a processor"}},
            .operators = {"Add", "MatMul"},
            .precisions = {"f32"},
            .training = true,
            .details = {{"wheel", "cpu"}, {"openmp", "2"}}};
}
inline void fill(protocol::Loaded& result) { result = {.precision = "f32", .threads = 2, .notes = "a note"}; }
inline void fill(protocol::Samples& result) { result.samples_ns = {181'000'000, 180'500'000}; }

template <class Variant, size_t... Index>
std::vector<Variant> one_of_each(std::index_sequence<Index...>) {
  std::vector<Variant> all;
  (all.emplace_back(std::in_place_index<Index>), ...);
  for (Variant& one : all) std::visit([](auto& value) { fill(value); }, one);
  return all;
}

template <class Variant>
std::vector<Variant> one_of_each() {
  return one_of_each<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>{});
}

inline record::Failure failure() {
  return {.outcome = record::Outcome::unsupported,
          .reason = record::Reason::op,
          .message = "2 nodes",
          .nodes = {{"pool1", "MaxPool", "no dilations"}, {"up", "Resize", "nearest only"}}};
}

}  // namespace assay::fuzz
