#include "case.h"

namespace assay::gradients {
namespace {

Case linear(const std::string& variant, const Shape& x, const Shape& w, bool bias) {
  return {"Linear", variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(x), m.p(w)};
            if (bias) inputs.push_back(m.p({w[0]}));
            return std::vector{m.op("Linear", inputs)};
          }};
}

Case matmul(const std::string& variant, const Shape& a, const Shape& b) {
  return {"MatMul", variant, [=](Maker& m) { return std::vector{m.op("MatMul", {m.p(a), m.p(b)})}; }};
}

Case gemm(const std::string& variant, const Shape& a, const Shape& b, const Shape& c,
          const Attributes& attributes) {
  return {"Gemm", variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(a), m.p(b)};
            if (!c.empty()) inputs.push_back(m.p(c));
            return std::vector{m.op("Gemm", inputs, attributes)};
          }};
}

Case einsum(const std::string& variant, const std::string& equation, const std::vector<Shape>& shapes) {
  return {"Einsum", variant, [=](Maker& m) {
            std::vector<ValueId> inputs;
            for (const Shape& shape : shapes) inputs.push_back(m.p(shape));
            return std::vector{m.op("Einsum", inputs, {{"equation", equation}})};
          }};
}

}  // namespace

std::vector<Case> matrix_cases() {
  const int64_t yes = 1;
  return {
      einsum("product", "ij,jk->ik", {{2, 3}, {3, 4}}),
      einsum("attention", "bhqd,bhkd->bhqk", {{2, 2, 3, 4}, {2, 2, 2, 4}}),
      einsum("three", "ab,bc,cd->ad", {{2, 3}, {3, 2}, {2, 4}}),
      einsum("summed_alone", "ijk,j->i", {{2, 3, 4}, {3}}),
      einsum("transposed", "ij->ji", {{2, 3}}),
      einsum("implied", "ba,c", {{2, 3}, {2}}),
      einsum("broadcast", "...ij,...jk->...ik", {{2, 1, 2, 3}, {1, 4, 3, 2}}),
      linear("matrix", {3, 4}, {5, 4}, false),
      linear("three_dimensions_bias", {2, 3, 4}, {5, 4}, true),
      linear("four_dimensions", {2, 1, 3, 4}, {5, 4}, true),
      linear("vector", {4}, {5, 4}, true),
      {"Linear", "known_factor",  // of the gradient: it goes into the products
       [](Maker& m) {
         const ValueId y = m.op("Linear", {m.p({3, 4}), m.p({5, 4}), m.p({5})});
         return m.ops("SoftmaxCrossEntropyLoss", {y, m.ints({4, 0, 2})}, {}, 1);
       }},
      {"Linear", "equal_gradients",
       [](Maker& m) {
         const ValueId y = m.op("Linear", {m.p({2, 3, 4}), m.p({5, 4}), m.p({5})});
         return std::vector{m.op("ReduceMean", {y}, {{"keepdims", int64_t{0}}})};
       }},
      {"MatMul", "known_factor",
       [](Maker& m) {
         const ValueId y = m.op("MatMul", {m.p({3, 4}), m.p({4, 5})});
         return m.ops("SoftmaxCrossEntropyLoss", {y, m.ints({4, 0, 2})}, {}, 1);
       }},
      {"Gemm", "known_factor",
       [](Maker& m) {
         const ValueId y = m.op("Gemm", {m.p({3, 4}), m.p({4, 5}), m.p({5})}, {{"alpha", 0.7}});
         return m.ops("SoftmaxCrossEntropyLoss", {y, m.ints({4, 0, 2})}, {}, 1);
       }},
      matmul("matrices", {3, 4}, {4, 5}),
      matmul("weights", {2, 3, 4}, {4, 5}),
      matmul("batched", {2, 3, 4}, {2, 4, 5}),
      matmul("broadcast_left", {3, 4}, {2, 4, 5}),
      matmul("broadcast_both", {2, 1, 3, 4}, {1, 3, 4, 2}),
      matmul("vector_left", {4}, {4, 3}),
      matmul("vector_left_batched", {4}, {2, 4, 3}),
      matmul("vector_right", {3, 4}, {4}),
      matmul("vector_right_batched", {2, 3, 4}, {4}),
      matmul("vectors", {4}, {4}),
      gemm("plain", {3, 4}, {4, 5}, {}, {}),
      gemm("a_transposed", {4, 3}, {4, 5}, {5}, {{"transA", yes}}),
      gemm("b_transposed", {3, 4}, {5, 4}, {3, 1}, {{"transB", yes}, {"alpha", 0.7}}),
      gemm("both_transposed", {4, 3}, {5, 4}, {3, 5},
           {{"transA", yes}, {"transB", yes}, {"beta", -1.3}, {"alpha", 2.0}}),
      gemm("scalar_c", {3, 4}, {4, 5}, {1}, {{"beta", 0.5}}),
  };
}

}  // namespace assay::gradients
