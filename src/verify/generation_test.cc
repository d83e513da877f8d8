// Requests that run in parts: what the parts give one after the other, with the keys and values put where
// runners put them, is what the whole step gives, which is the truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "models/catalogue.h"
#include "models/decoder.h"
#include "verify/evaluated_fixture.h"

namespace assay::verify {
namespace {

// [batch, count, heads * size] into [batch, heads, places, size], from place `first` on. What finds no place
// is read by nobody.
void keep(const Tensor& rows, Tensor& state, int64_t first) {
  const int64_t batch = state.shape()[0], heads = state.shape()[1], places = state.shape()[2],
                size = state.shape()[3], count = rows.shape()[1];
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < count && first + i < places; ++i)
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t column = 0; column < size; ++column)
          state.mutable_data<double>()[static_cast<size_t>(((b * heads + head) * places + first + i) * size +
                                                           column)] =
              rows.data<double>()[static_cast<size_t>(((b * count + i) * heads + head) * size + column)];
}

// Places that are not filled hold what nobody may look at: large numbers, which would show.
TensorMap empty_states(const graph::Graph& decode) {
  TensorMap states;
  for (const graph::ValueId id : decode.with_role(graph::Role::state)) {
    Tensor state(tensor::DType::f64, decode.value(id).shape);
    std::ranges::fill(state.mutable_data<double>(), 1e3);
    states.emplace(decode.value(id).name, std::move(state));
  }
  return states;
}

// The logits of each part.
std::vector<Tensor> in_parts(const models::Generation& generation, const TensorMap& weights,
                             const Tensor& ids) {
  TensorMap states = empty_states(generation.decode);
  std::vector<Tensor> logits;
  const int64_t prompt = ids.shape()[1] - generation.decodes;
  for (int64_t part = 0; part <= generation.decodes; ++part) {
    const int64_t first = part == 0 ? 0 : prompt + part - 1;
    TensorMap given = states;
    given["input_ids"] = columns(ids, first, part == 0 ? prompt : 1);
    Tensor position(tensor::DType::i64, {ids.shape()[0], 1});
    std::ranges::fill(position.mutable_data<int64_t>(), first);
    given["position"] = position;
    const auto outputs = evaluated(part == 0 ? generation.prefill : generation.decode, weights, given);
    logits.push_back(outputs.at("logits"));
    for (auto& [name, state] : states) {
      const size_t past = name.find("past_");
      keep(outputs.at(name.substr(0, past) + name.substr(past + 5)), state, first);
    }
  }
  return logits;
}

// Part `index` of the logits [batch, count, vocabulary] of a whole step.
Tensor part_of(const Tensor& all, int64_t index) {
  const int64_t batch = all.shape()[0], count = all.shape()[1], vocabulary = all.shape()[2];
  Tensor part(all.dtype(), {batch, 1, vocabulary});
  for (int64_t row = 0; row < batch; ++row)
    std::ranges::copy(all.data<double>().subspan(static_cast<size_t>((row * count + index) * vocabulary),
                                                 static_cast<size_t>(vocabulary)),
                      part.mutable_data<double>().begin() + row * vocabulary);
  return part;
}

void expect_whole(const Workload& workload, const TensorMap& weights) {
  ASSERT_TRUE(workload.generation);
  const auto& inputs = workload.step.inputs[1];
  const auto whole = evaluated(workload.step.graph, weights, inputs).at("logits");
  const auto parts = in_parts(*workload.generation, weights, inputs.at("input_ids"));
  ASSERT_EQ(whole.shape()[1], static_cast<int64_t>(parts.size()));
  for (size_t i = 0; i < parts.size(); ++i)
    expect_near(parts[i], part_of(whole, static_cast<int64_t>(i)), fmt::format("token {}", i));
}

TEST(Generation, PartsGiveWhatTheWholeGives) {
  const Folder folder;
  for (const models::Model& model : models::catalogue("tiny")) {
    if (std::ranges::find(model.workloads, "generate") == model.workloads.end()) continue;
    SCOPED_TRACE(model.name);
    const auto workload = model.build("generate[5,+4,x2]");
    ASSERT_TRUE(workload) << workload.error().message;
    expect_whole(*workload, folder.weights(*workload));
  }
}

// Windows, layers without positions, norms of heads, several tables.
TEST(Generation, HoldsForEveryKindOfLayer) {
  const models::DecoderConfig config = {.hidden = 16,
                                        .layers = 3,
                                        .feed_forward = 24,
                                        .query_heads = 4,
                                        .kv_heads = 2,
                                        .head_size = 4,
                                        .vocabulary = 50,
                                        .ropes = {{.size = 4}, {.size = 4, .theta = 500}},
                                        .kinds = {{.rope = 0, .window = 3}, {.rope = 1}, {.rope = -1}},
                                        .head_norms = models::HeadNorms::each_head};
  const models::DecoderTokens tokens{.batch = 2, .count = 4, .past = 5};
  Workload workload;
  workload.step.graph = decoder_request(config, "g", tokens).value();
  workload.generation = models::Generation{.prefill = decoder_request_prefill(config, "p", tokens).value(),
                                           .decode = decoder_request_decode(config, "d", tokens).value(),
                                           .decodes = 3};
  Tensor ids(tensor::DType::i64, {2, 8});
  for (size_t i = 0; i < 16; ++i) ids.mutable_data<int64_t>()[i] = static_cast<int64_t>(i * 3);
  workload.step.inputs[1] = {{"input_ids", ids}};
  const Folder folder;
  expect_whole(workload, folder.weights(workload));
}

}  // namespace
}  // namespace assay::verify
