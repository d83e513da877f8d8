#include "reference/blas.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "reference/strided.h"
#include "tensor/generate.h"

namespace assay::reference {
namespace {

std::vector<double> noise_values(const std::string& name, int64_t count) {
  const auto data = tensor::generate_noise(name, 1, {count}, 0, 1);
  return {data.data<float>().begin(), data.data<float>().end()};
}

struct Product {
  int64_t m, n, k;
  bool trans_a = false;
  bool trans_b = false;
  double alpha = 1;
  double beta = 0;
};

void expect_product(const Product& p, const Execution& execution) {
  const auto a = noise_values("a", p.m * p.k);
  const auto b = noise_values("b", p.k * p.n);
  auto c = noise_values("c", p.m * p.n);
  auto expected = c;
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < p.k; ++l)
        sum += a[static_cast<size_t>(p.trans_a ? l * p.m + i : i * p.k + l)] *
               b[static_cast<size_t>(p.trans_b ? j * p.k + l : l * p.n + j)];
      double& place = expected[static_cast<size_t>(i * p.n + j)];
      place = p.alpha * sum + p.beta * place;
    }
  gemm<double>(execution, p.m, p.n, p.k, p.alpha, {a.data(), p.trans_a ? p.m : p.k, p.trans_a},
               {b.data(), p.trans_b ? p.k : p.n, p.trans_b}, p.beta, c.data(), p.n);
  for (size_t i = 0; i < c.size(); ++i)
    ASSERT_NEAR(c[i], expected[i], 1e-11)
        << p.m << "x" << p.n << "x" << p.k << " blocking " << execution.blocking << " at " << i;
}

TEST(Gemm, IsTheProductInEveryFormBlockingAndNumberOfThreads) {
  Workers workers(3);
  for (const int blocking : {0, 1, 2})
    for (const Product& p : {Product{1, 7, 1}, Product{5, 3, 300}, Product{64, 200, 129},
                             Product{200, 64, 129, true}, Product{100, 90, 80, false, true},
                             Product{90, 100, 80, true, true, 0.5, 2}, Product{3, 4, 0, false, false, 1, 2}})
      expect_product(p, {workers, blocking});
}

TEST(Gemm, OverwritesWhateverTheResultHeld) {
  Workers workers(1);
  const double one = 1;
  double c = std::nan("");
  gemm<double>({workers, 2}, 1, 1, 1, 1.0, {&one, 1}, {&one, 1}, 0.0, &c, 1);
  EXPECT_EQ(c, 1);
}

TEST(Blas, KnowsAGenericCore) {
  EXPECT_FALSE(blas_core().empty());
  EXPECT_TRUE(blas_core_is_generic("Prescott"));
  EXPECT_TRUE(blas_core_is_generic("generic"));
  EXPECT_FALSE(blas_core_is_generic("SkylakeX"));
  EXPECT_FALSE(blas_core_is_generic("Zen"));
}

TEST(Blas, MeasuresAPeak) { EXPECT_GT(measured_gemm_peak<double>(1, 0.001), 1e8); }

TEST(Workers, CoverEveryIndexOnce) {
  Workers workers(4);
  for (const int64_t count : {0, 1, 7, 1000}) {
    std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
    workers.split(count, 3, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++hits[static_cast<size_t>(i)];
    });
    for (const auto& hit : hits) EXPECT_EQ(hit, 1);
  }
}

TEST(Workers, ALoopInsideALoopRunsWhereItIs) {
  Workers workers(4);
  std::atomic<int64_t> total = 0;
  workers.split(16, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      workers.split(100, 1, [&](int64_t from, int64_t to) { total += to - from; });
  });
  EXPECT_EQ(total, 1600);
}

TEST(Arena, HandsOutWhatCameBack) {
  const auto arena = std::make_shared<Arena>();
  auto block = arena->take(1000);
  const std::byte* place = block.get();
  auto other = arena->take(1000);
  EXPECT_NE(other.get(), place);
  block.reset();
  EXPECT_EQ(arena->take(990).get(), place);
}

TEST(StridedCopy, PermutesAnyOrderOfAxes) {
  Workers workers(2);
  const auto arena = std::make_shared<Arena>();
  const tensor::Tensor x = tensor::generate_indices("x", 1, {3, 70, 2, 41}, 1000000);
  const Shape steps = contiguous_steps(x.shape());
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    const Array y = permuted(workers, *arena, Array(x), order);
    const Shape& s = y.shape();
    const int64_t* data = y.data<int64_t>();
    for (int64_t i = 0; i < y.size(); ++i) {
      int64_t rest = i;
      int64_t at = 0;
      for (size_t d = 4; d-- > 0; rest /= s[d]) at += rest % s[d] * steps[order[d]];
      ASSERT_EQ(data[i], x.data<int64_t>()[static_cast<size_t>(at)]);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace assay::reference
