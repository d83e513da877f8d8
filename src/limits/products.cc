#include "limits/products.h"

#include <fmt/format.h>

#include <algorithm>

#include "limits/onednn_product.h"
#include "reference/blas.h"

namespace assay::limits {
namespace {

constexpr std::string_view kOpenBlas = "OpenBLAS", kOnednn = "oneDNN";

record::Product openblas_product(std::string_view precision, int threads, double seconds) {
  const std::string library(kOpenBlas);
  if (precision != "f32" && precision != "f64")
    return {library, fmt::format("OpenBLAS computes nothing in {} here", precision), std::nullopt};
  const std::string core = reference::blas_core();
  if (reference::blas_core_is_generic(core))
    return {
        library,
        fmt::format("OpenBLAS has no kernels for this CPU (it chose {}), so the figure would be far too low",
                    core),
        std::nullopt};
  const double rate = precision == "f32" ? reference::measured_gemm_peak<float>(threads, seconds)
                                         : reference::measured_gemm_peak<double>(threads, seconds);
  return {library, "OpenBLAS " + core, rate};
}

}  // namespace

record::Product product_by(std::string_view library, std::string_view precision, int threads,
                           double seconds) {
  if (library == kOpenBlas) return openblas_product(precision, threads, seconds);
  if (library == kOnednn && (precision == "f32" || precision == "bf16"))
    return onednn_product(precision, seconds);
  return {std::string(library), fmt::format("{} computes nothing in {} here", library, precision),
          std::nullopt};
}

record::Peak peak_of(std::string precision, std::vector<record::Product> products) {
  record::Peak peak{std::move(precision), std::nullopt, "", std::move(products)};
  for (const auto& product : peak.products) {
    if (product.flop_per_s <= peak.flop_per_s) continue;
    peak.flop_per_s = product.flop_per_s;
    peak.source = product.source;
  }
  if (peak.flop_per_s) return peak;
  for (const auto& product : peak.products) peak.source += (peak.source.empty() ? "" : "; ") + product.source;
  return peak;
}

std::vector<record::Peak> measure_peaks(int threads, double seconds) {
  const auto by = [&](std::string_view library, std::string_view precision) {
    return product_by(library, precision, threads, seconds);
  };
  return {peak_of("f32", {by(kOpenBlas, "f32"), by(kOnednn, "f32")}), peak_of("f64", {by(kOpenBlas, "f64")}),
          peak_of("bf16", {by(kOnednn, "bf16")})};
}

}  // namespace assay::limits
