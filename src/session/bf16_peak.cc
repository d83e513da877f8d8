#include "session/bf16_peak.h"

#include <algorithm>
#include <dnnl.hpp>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace assay::session {

namespace {

constexpr int64_t kSide = 1536;

// One product, with its operands in the layout that oneDNN likes best.
class Product {
 public:
  Product()
      : engine_(dnnl::engine::kind::cpu, 0),
        stream_(engine_),
        description_(describe(engine_)),
        product_(description_) {
    const auto a = operand(description_.src_desc()), b = operand(description_.weights_desc());
    const auto c = operand(description_.dst_desc());
    arguments_ = {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  }
  [[nodiscard]] std::string kernel() const { return description_.impl_info_str(); }
  double seconds() {
    const int64_t start_ns = now_ns();
    product_.execute(stream_, arguments_);
    stream_.wait();
    return static_cast<double>(now_ns() - start_ns) * 1e-9;
  }

 private:
  static dnnl::matmul::primitive_desc describe(const dnnl::engine& engine) {
    using Memory = dnnl::memory;
    const Memory::dims side = {kSide, kSide};
    const Memory::desc bf16(side, Memory::data_type::bf16, Memory::format_tag::any);
    const Memory::desc f32(side, Memory::data_type::f32, Memory::format_tag::any);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, bf16, bf16, f32};
#else
    return {dnnl::matmul::desc(bf16, bf16, f32), engine};
#endif
  }
  // All bytes 0x3F: 0.747 as bfloat16, in every layout.
  dnnl::memory operand(const dnnl::memory::desc& layout) {
    room_.emplace_back(layout.get_size() + kAlignment, std::byte{0x3F});
    const auto address = reinterpret_cast<uintptr_t>(room_.back().data());
    return {layout, engine_, room_.back().data() + (kAlignment - address % kAlignment)};
  }

  static constexpr size_t kAlignment = 4096;
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul::primitive_desc description_;
  dnnl::matmul product_;
  std::vector<std::vector<std::byte>> room_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

}  // namespace

record::Peak bf16_peak(double seconds) {
  try {
    Product product;
    const std::string source = "oneDNN " + product.kernel();
    if (product.kernel().starts_with("ref"))
      return {"bf16", std::nullopt, "oneDNN has no fast kernel for this CPU, only " + product.kernel()};
    double best_s = std::numeric_limits<double>::infinity();
    const int64_t end_ns = now_ns() + static_cast<int64_t>(seconds * 1e9);
    do best_s = std::min(best_s, product.seconds());
    while (now_ns() < end_ns);
    return {"bf16", 2.0 * kSide * kSide * kSide / best_s, source};
  } catch (const dnnl::error& error) {
    return {"bf16", std::nullopt, std::string("oneDNN: ") + error.what()};
  }
}

}  // namespace assay::session
