#include "case.h"

namespace assay::gradients {
namespace {

constexpr int64_t kYes = 1;

// Heads joined: Q [2, 3, heads * 4], K [2, length, kv heads * 4], V [2, length, kv heads * 2].
std::vector<ValueId> joined(Maker& m, int64_t heads, int64_t kv_heads, int64_t length) {
  return {m.p({2, 3, heads * 4}), m.p({2, length, kv_heads * 4}), m.p({2, length, kv_heads * 2})};
}

Attributes heads(int64_t q, int64_t kv, Attributes more = {}) {
  more["q_num_heads"] = q;
  more["kv_num_heads"] = kv;
  return more;
}

Case attention(const std::string& variant, std::function<std::vector<ValueId>(Maker&)> build) {
  return {"Attention", variant, std::move(build)};
}

std::vector<ValueId> append(std::vector<ValueId> a, const std::vector<ValueId>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Case> joined_cases() {
  return {
      attention("heads",
                [](Maker& m) { return std::vector{m.op("Attention", joined(m, 2, 2, 5), heads(2, 2))}; }),
      attention("grouped_causal",
                [](Maker& m) {
                  return std::vector{
                      m.op("Attention", joined(m, 6, 2, 3), heads(6, 2, {{"is_causal", kYes}}))};
                }),
      attention("scale",
                [](Maker& m) {
                  return std::vector{m.op("Attention", joined(m, 2, 1, 3), heads(2, 1, {{"scale", 0.3}}))};
                }),
      attention("softcap",
                [](Maker& m) {
                  return std::vector{
                      m.op("Attention", joined(m, 4, 2, 3), heads(4, 2, {{"softcap", 0.7}, {"scale", 0.9}}))};
                }),
      attention("softcap_causal",
                [](Maker& m) {
                  return std::vector{m.op("Attention", joined(m, 2, 1, 3),
                                          heads(2, 1, {{"softcap", 0.7}, {"is_causal", kYes}}))};
                }),
      attention("added_mask",
                [](Maker& m) {
                  return std::vector{
                      m.op("Attention", append(joined(m, 2, 2, 4), {m.fixed({3, 4}, -2, 2)}), heads(2, 2))};
                }),
      attention("short_added_mask",
                [](Maker& m) {
                  return std::vector{m.op(
                      "Attention", append(joined(m, 2, 2, 4), {m.fixed({2, 1, 3, 3}, -2, 2)}), heads(2, 2))};
                }),
      attention("boolean_mask",
                [](Maker& m) {  // the second query sees nothing
                  const ValueId mask = m.booleans({3, 4}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0});
                  return std::vector{m.op("Attention", append(joined(m, 2, 2, 4), {mask}), heads(2, 2))};
                }),
      attention("short_boolean_mask_causal",
                [](Maker& m) {
                  const ValueId mask = m.booleans({3, 3}, {1, 0, 1, 1, 1, 0, 0, 1, 1});
                  return std::vector{m.op("Attention", append(joined(m, 4, 2, 4), {mask}),
                                          heads(4, 2, {{"is_causal", kYes}}))};
                }),
      attention("padded_keys",
                [](Maker& m) {
                  const std::vector<ValueId> rest{kAbsent, kAbsent, kAbsent, m.ints({3, 4})};
                  return std::vector{m.op("Attention", append(joined(m, 2, 1, 4), rest), heads(2, 1))};
                }),
      attention("queries_only",
                [](Maker& m) {
                  const std::vector<ValueId> inputs{m.p({2, 3, 8}), m.fixed({2, 4, 4}), m.fixed({2, 4, 4})};
                  return std::vector{m.op("Attention", inputs, heads(2, 1))};
                }),
      attention("values_only",
                [](Maker& m) {
                  const std::vector<ValueId> inputs{m.fixed({2, 3, 8}), m.fixed({2, 4, 4}), m.p({2, 4, 4})};
                  return std::vector{m.op("Attention", inputs, heads(2, 1))};
                }),
  };
}

std::vector<Case> past_cases() {
  return {
      attention("past_causal",
                [](Maker& m) {
                  const auto past = std::vector{kAbsent, m.p({2, 2, 2, 4}), m.p({2, 2, 2, 2})};
                  return std::vector{m.op("Attention", append(joined(m, 4, 2, 3), past),
                                          heads(4, 2, {{"is_causal", kYes}}))};
                }),
      attention("past_and_present",
                [](Maker& m) {
                  const auto past = std::vector{kAbsent, m.p({2, 2, 2, 4}), m.p({2, 2, 2, 2})};
                  return m.ops("Attention", append(joined(m, 2, 2, 3), past), heads(2, 2), 3);
                }),
      attention("present_alone",
                [](Maker& m) {
                  const auto all = m.ops("Attention", joined(m, 2, 2, 3), heads(2, 2), 3);
                  return std::vector{all[1], all[2]};
                }),
      attention("past_not_trained",
                [](Maker& m) {
                  const auto past = std::vector{kAbsent, m.fixed({2, 2, 2, 4}), m.fixed({2, 2, 2, 2})};
                  return std::vector{m.op("Attention", append(joined(m, 2, 2, 3), past), heads(2, 2))};
                }),
  };
}

std::vector<Case> split_cases() {
  return {
      attention("split_heads",
                [](Maker& m) {
                  return std::vector{
                      m.op("Attention", {m.p({2, 4, 3, 4}), m.p({2, 2, 5, 4}), m.p({2, 2, 5, 2})})};
                }),
      attention("split_heads_causal",
                [](Maker& m) {
                  return std::vector{m.op("Attention",
                                          {m.p({1, 2, 4, 4}), m.p({1, 2, 4, 4}), m.p({1, 2, 4, 4})},
                                          {{"is_causal", kYes}})};
                }),
  };
}

Case rotary(const std::string& variant, const Shape& x, int64_t columns,
            const std::vector<int64_t>& positions, const Attributes& attributes) {
  return {"RotaryEmbedding", variant, [=](Maker& m) {
            const Shape table = positions.empty() ? Shape{2, 3, columns} : Shape{7, columns};
            std::vector<ValueId> inputs{m.p(x), m.fixed(table), m.fixed(table)};
            if (!positions.empty()) inputs.push_back(m.i64({2, 3}, positions));
            return std::vector{m.op("RotaryEmbedding", inputs, attributes)};
          }};
}

}  // namespace

std::vector<Case> attention_cases() {
  std::vector<Case> cases{
      rotary("split_heads", {2, 2, 3, 4}, 2, {}, {}),
      rotary("joined_heads", {2, 3, 8}, 2, {}, {{"num_heads", int64_t{2}}}),
      rotary("interleaved", {2, 3, 8}, 2, {}, {{"num_heads", int64_t{2}}, {"interleaved", kYes}}),
      rotary("partial", {2, 3, 12}, 2, {}, {{"num_heads", int64_t{2}}, {"rotary_embedding_dim", int64_t{4}}}),
      rotary("positions", {2, 3, 8}, 2, {0, 1, 6, 3, 3, 2}, {{"num_heads", int64_t{2}}}),
  };
  for (auto& more : {joined_cases(), past_cases(), split_cases()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace assay::gradients
