#include "case.h"

namespace assay::gradients {
namespace {

Case softmax(const std::string& op, const std::string& variant, const Shape& x, int64_t axis) {
  return {op, variant, [=](Maker& m) { return std::vector{m.op(op, {m.p(x, -2, 2)}, {{"axis", axis}})}; }};
}

Case cross_entropy(const std::string& variant, const Shape& scores, const Shape& labels,
                   const std::vector<int64_t>& values, const Attributes& attributes, size_t outputs = 1) {
  return {"SoftmaxCrossEntropyLoss", variant, [=](Maker& m) {
            return m.ops("SoftmaxCrossEntropyLoss", {m.p(scores, -2, 2), m.i64(labels, values)}, attributes,
                         outputs);
          }};
}

void reductions(std::vector<Case>& cases, const std::string& op) {
  const int64_t no = 0;
  cases.push_back(
      {op, "all", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3})}, {{"keepdims", no}})}; }});
  cases.push_back({op, "all_kept", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3})})}; }});
  cases.push_back(
      {op, "last_kept", [=](Maker& m) { return std::vector{m.op(op, {m.p({2, 3, 4}), m.ints({-1})})}; }});
  cases.push_back({op, "two", [=](Maker& m) {
                     return std::vector{m.op(op, {m.p({2, 3, 4}), m.ints({0, 2})}, {{"keepdims", no}})};
                   }});
}

}  // namespace

std::vector<Case> reduction_cases() {
  std::vector<Case> cases;
  for (const char* op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
                         "ReduceSumSquare", "ReduceLogSumExp"})
    reductions(cases, op);
  cases.push_back({"ReduceLogSum", "two", [](Maker& m) {
                     return std::vector{m.op("ReduceLogSum", {m.p({2, 3, 4}, 0.2, 2), m.ints({0, 2})})};
                   }});
  for (const int64_t reverse : {0, 1})
    for (const int64_t exclusive : {0, 1})
      cases.push_back({"CumSum", fmt::format("reverse_{}_exclusive_{}", reverse, exclusive), [=](Maker& m) {
                         return std::vector{m.op("CumSum", {m.p({2, 4, 3}), m.ints({1})},
                                                 {{"reverse", reverse}, {"exclusive", exclusive}})};
                       }});
  cases.push_back({"TopK", "middle", [](Maker& m) {
                     return std::vector{
                         m.ops("TopK", {m.p({2, 5, 3}), m.ints({2})}, {{"axis", int64_t{1}}}, 2)[0]};
                   }});
  cases.push_back({"ReduceSum", "nothing", [](Maker& m) {
                     return std::vector{
                         m.op("ReduceSum", {m.p({2, 3})}, {{"noop_with_empty_axes", int64_t{1}}})};
                   }});
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    cases.push_back(softmax(op, "last", {2, 3, 4}, -1));
    cases.push_back(softmax(op, "middle", {2, 3, 4}, 1));
  }
  const auto reduction = [](const char* name) { return Attributes{{"reduction", std::string(name)}}; };
  cases.push_back(cross_entropy("mean", {3, 5}, {3}, {4, 0, 2}, {}));
  cases.push_back(cross_entropy("sum", {3, 5}, {3}, {4, 0, 2}, reduction("sum")));
  cases.push_back(cross_entropy("none", {3, 5}, {3}, {4, 0, 2}, reduction("none")));
  cases.push_back(cross_entropy("image", {2, 3, 2}, {2, 2}, {1, 0, 2, 2}, {}));
  cases.push_back(cross_entropy("image_none", {2, 3, 2}, {2, 2}, {1, 0, 2, 2}, reduction("none")));
  cases.push_back(cross_entropy("log_probabilities", {3, 5}, {3}, {4, 0, 2}, {}, 2));
  return cases;
}

}  // namespace assay::gradients
