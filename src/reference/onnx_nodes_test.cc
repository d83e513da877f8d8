// The ONNX standard's node tests of our operators, through the graph format, shape inference and evaluation
// in float64 and float32. Data: tests/onnx_nodes/generate.py writes it, ./test sets ASSAY_ONNX_NODE_TESTS to
// its folder. tests/onnx_nodes/skips.tsv holds the cases that do not pass, each with its reason; one that
// starts to pass makes this test red.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/source_tree.h"
#include "graph/json.h"
#include "graph/operators.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"

namespace assay::reference {
namespace {

using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

// Cases of our operators in the pinned release of the standard's tests, and how many of them are skipped.
constexpr size_t kCases = 980;
constexpr size_t kSkipped = 200;

struct Case {
  std::string name;
  std::string op;
  double relative = 0;
  double absolute = 0;
  std::string graph;  // or "!" and why the format cannot express it
};

std::vector<std::vector<std::string>> read_table(const std::filesystem::path& path) {
  const auto text = read_file(path);
  EXPECT_TRUE(text) << path;
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
  }
  return rows;
}

std::vector<Case> cases_of_our_operators(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const auto& row : read_table(folder / "cases.tsv"))
    if (graph::find_operator(row.at(1)) != nullptr)
      cases.push_back({row.at(0), row.at(1), std::stod(row.at(2)), std::stod(row.at(3)), row.at(4)});
  return cases;
}

// The tensors whose name starts with `prefix`, under the rest of their name.
TensorMap with_prefix(const TensorMap& all, const std::string& prefix) {
  TensorMap found;
  for (auto at = all.lower_bound(prefix); at != all.end() && at->first.starts_with(prefix); ++at)
    found.emplace(at->first.substr(prefix.size()), at->second);
  return found;
}

bool close(double x, double y, const Case& c) {
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  if (std::isinf(x) || std::isinf(y)) return x == y;
  return std::abs(x - y) <= c.absolute + c.relative * std::abs(y);
}

// What is wrong with a result, or nothing. Floating results are rounded to the type that the standard expects
// before they are compared.
std::string difference(const Tensor& result, const Tensor& expected, const Case& c) {
  if (result.shape() != expected.shape())
    return fmt::format("shape {}, expected {}", tensor::to_string(result.shape()),
                       tensor::to_string(expected.shape()));
  if (!tensor::is_floating(expected.dtype()))
    return result.dtype() == expected.dtype() && std::ranges::equal(result.bytes(), expected.bytes())
               ? ""
               : "other integers";
  const Tensor x = tensor::converted(tensor::converted(result, expected.dtype()), DType::f64);
  const Tensor y = tensor::converted(expected, DType::f64);
  for (size_t i = 0; i < x.data<double>().size(); ++i)
    if (!close(x.data<double>()[i], y.data<double>()[i], c))
      return fmt::format("element {} is {}, expected {}", i, x.data<double>()[i], y.data<double>()[i]);
  return "";
}

// Why the case fails, or nothing.
std::string failure(const Case& c, const TensorMap& tensors, Scalar scalar) {
  if (c.graph.starts_with('!')) return "the graph format does not hold " + c.graph.substr(1);
  const auto graph = graph::from_json(c.graph);
  if (!graph) return graph.error().message;
  const auto results = evaluate(*graph, with_prefix(tensors, c.name + "/in/"), {.scalar = scalar});
  if (!results) return results.error().message;
  const TensorMap outputs = with_prefix(tensors, c.name + "/out/");
  if (outputs.empty()) return "no expected outputs";
  for (const auto& [name, expected] : outputs) {
    const auto found = results->find(name);
    if (found == results->end()) return "no output " + name;
    if (const std::string wrong = difference(found->second, expected, c); !wrong.empty())
      return name + ": " + wrong;
  }
  return "";
}

TEST(OnnxNodes, EveryCaseOfOurOperatorsPassesOrIsSkippedByName) {
  const char* folder = std::getenv("ASSAY_ONNX_NODE_TESTS");
  if (folder == nullptr || *folder == '\0')
    GTEST_SKIP() << "ASSAY_ONNX_NODE_TESTS is not set: ./test generates the cases and sets it";
  const auto tensors = tensor::read_safetensors(std::filesystem::path(folder) / "tensors.safetensors");
  ASSERT_TRUE(tensors) << tensors.error().message;
  std::map<std::string, std::string> skips;
  for (const auto& row : read_table(std::filesystem::path(source_tree()) / "tests/onnx_nodes/skips.tsv"))
    EXPECT_TRUE(row.size() == 2 && skips.emplace(row[0], row[1]).second)
        << "skips.tsv: a line is no name, tab and reason";
  const auto cases = cases_of_our_operators(folder);
  size_t passed = 0;
  for (const Case& c : cases) {
    const std::string wide = failure(c, *tensors, Scalar::f64);
    const std::string narrow = failure(c, *tensors, Scalar::f32);
    const bool passes = wide.empty() && narrow.empty();
    passed += passes ? 1 : 0;
    const bool skipped = skips.erase(c.name) == 1;
    if (skipped)
      EXPECT_FALSE(passes) << c.name << " passes: remove it from skips.tsv";
    else
      EXPECT_TRUE(passes) << c.name << " (" << c.op << ")\n  f64: " << wide << "\n  f32: " << narrow;
  }
  for (const auto& [name, reason] : skips)
    ADD_FAILURE() << "skips.tsv names " << name << ", which is no case of our operators";
  EXPECT_EQ(cases.size(), kCases);
  EXPECT_EQ(passed, kCases - kSkipped);
  fmt::print("ONNX node tests: {} of our operators, {} passed, {} skipped by name\n", cases.size(), passed,
             cases.size() - passed);
}

}  // namespace
}  // namespace assay::reference
