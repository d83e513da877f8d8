// Graphs as JSON, mutated: each is read or refused in words.
#include <gtest/gtest.h>

#include "graph/json.h"
#include "mutator.h"
#include "watch.h"

namespace assay::fuzz {
namespace {

constexpr const char* kGraph = R"({"assay_graph": 1, "name": "example", "values": [
  {"name": "x", "dtype": "F32", "shape": [1, 8, 6], "role": "input"},
  {"name": "w", "dtype": "F32", "shape": [6], "role": "parameter", "trainable": true, "init": {"mean": 1.0, "std": 0.1}},
  {"name": "norm", "dtype": "F32", "shape": [1, 8, 6], "role": "computed"},
  {"name": "parts", "dtype": "I64", "shape": [2], "role": "constant", "data": [2, 4]},
  {"name": "left", "dtype": "F32", "shape": [1, 8, 2], "role": "computed"},
  {"name": "right", "dtype": "F32", "shape": [1, 8, 4], "role": "computed"}],
 "nodes": [
  {"name": "norm", "op": "RMSNormalization", "inputs": ["x", "w"], "outputs": ["norm"], "attributes": {"axis": -1, "epsilon": 1e-05}},
  {"name": "split", "op": "Split", "inputs": ["norm", "parts"], "outputs": ["left", "right"], "attributes": {"axis": -1}}],
 "outputs": ["left", "right"]})";

TEST(FuzzGraph, IsReadOrRefused) {
  ASSERT_TRUE(graph::from_json(kGraph));
  size_t read = 0;
  for (uint64_t input = 0; input < inputs(); ++input) {
    begin(input);
    Mutator mutator(input);
    const auto graph = graph::from_json(mutator(kGraph));
    if (graph) {
      ++read;
      EXPECT_TRUE(graph::from_json(graph::to_json(*graph))) << input;
    } else {
      EXPECT_FALSE(graph.error().message.empty()) << input;
    }
    end();
  }
  EXPECT_GT(read, 0U) << "every mutant is refused: they do not reach the fields";
  EXPECT_LT(peak_bytes(), kMostBytes);
}

}  // namespace
}  // namespace assay::fuzz
