// How a graph is evaluated. The defaults give the truth; every other setting answers one question of the
// gate: what do rounding, a shorter format or a kink do to this graph?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::reference {

enum class Scalar : uint8_t { f32, f64 };

// What the operands of every matrix product, convolution and attention are rounded to before they are
// multiplied; products are added up in the scalar. `full` leaves them as they are.
enum class Operands : uint8_t { full, tf32, f16, bf16 };

// Which way an ambiguous element goes at a kink. `computed`: as its value says. `on`: it passes a ReLU, the
// first of the window's candidates passes a max-pool. `off`: it does not, and the last one does.
enum class Kinks : uint8_t { computed, on, off };

struct Options {
  Scalar scalar = Scalar::f64;
  // How sums are blocked: 0 as BLAS does it, 1 and 2 in panels of the inner dimension (docs/method.md). Only
  // float32 needs more than one.
  int blocking = 0;
  int threads = 0;  // 0: all that the process may use
  Operands operands = Operands::full;
  Kinks kinks = Kinks::computed;
  // An element is ambiguous when it lies within so many RMS of its tensor of ReLU's zero, or of its window's
  // largest.
  double kink_width = 0;
};

// "full", "tf32", "f16", "bf16"; "computed", "on", "off".
[[nodiscard]] std::string_view name(Operands operands);
[[nodiscard]] std::string_view name(Kinks kinks);
[[nodiscard]] std::optional<Operands> operands_from_name(std::string_view name);
[[nodiscard]] std::optional<Kinks> kinks_from_name(std::string_view name);

}  // namespace assay::reference
