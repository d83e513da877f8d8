#include "limits/onednn_product.h"

#include <algorithm>
#include <dnnl.hpp>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace assay::limits {

namespace {

constexpr int64_t kSide = 1536;

// One product, with its operands in the layout that oneDNN likes best.
class Product {
 public:
  explicit Product(dnnl::memory::data_type type)
      : engine_(dnnl::engine::kind::cpu, 0),
        stream_(engine_),
        description_(describe(engine_, type)),
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
  static dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, dnnl::memory::data_type type) {
    using Memory = dnnl::memory;
    const Memory::dims side = {kSide, kSide};
    const Memory::desc operand(side, type, Memory::format_tag::any);
    const Memory::desc f32(side, Memory::data_type::f32, Memory::format_tag::any);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, operand, operand, f32};
#else
    return {dnnl::matmul::desc(operand, operand, f32), engine};
#endif
  }
  // All bytes 0x3F: 0.747 as bfloat16 and as float32, in every layout.
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

record::Product onednn_product(std::string_view precision, double seconds) {
  using Type = dnnl::memory::data_type;
  try {
    Product product(precision == "bf16" ? Type::bf16 : Type::f32);
    const std::string source = "oneDNN " + product.kernel();
    if (product.kernel().starts_with("ref"))
      return {"oneDNN", "oneDNN has no fast kernel for this CPU, only " + product.kernel(), std::nullopt};
    double best_s = std::numeric_limits<double>::infinity();
    const int64_t end_ns = now_ns() + static_cast<int64_t>(seconds * 1e9);
    do best_s = std::min(best_s, product.seconds());
    while (now_ns() < end_ns);
    return {"oneDNN", source, 2.0 * kSide * kSide * kSide / best_s};
  } catch (const dnnl::error& error) {
    return {"oneDNN", std::string("oneDNN: ") + error.what(), std::nullopt};
  }
}

}  // namespace assay::limits
