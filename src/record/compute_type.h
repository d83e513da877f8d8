// The compute types of the protocol: in which a framework multiplies. A closed set; a runner that names
// another one is at fault, since nobody could say how its answers are to be judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::record {

enum class ComputeType { f32, tf32, bf16, f16, f64 };

// "f32", "tf32", "bf16", "f16", "f64".
[[nodiscard]] std::string_view name(ComputeType type);
[[nodiscard]] std::optional<ComputeType> compute_type_from_name(std::string_view text);
// All names, for a message: "f32, tf32, bf16, f16, f64".
[[nodiscard]] std::string compute_type_names();

// Whether products round more coarsely than in float32: such a type has a yardstick and a class of its own.
// What is finer is judged as float32 is.
[[nodiscard]] bool is_reduced(ComputeType type);

// The largest relative error of rounding one number to the type (unit roundoff, 2^-p at p significant bits).
[[nodiscard]] double unit_roundoff(ComputeType type);

}  // namespace assay::record
