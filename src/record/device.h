// The names of devices: a closed set, so that a result says what it ran on and a device that Assay knows
// nothing about cannot take part under a name of its own.
#pragma once

#include <string>
#include <string_view>

namespace assay::record {

// Whether a contestant may have a device of that name: a known kind, alone or with the index of one of
// several, "cuda", "cuda:1". There is one "cpu".
[[nodiscard]] bool is_device(std::string_view text);
// The kind without the index: "cuda" of "cuda:1".
[[nodiscard]] std::string_view device_kind(std::string_view text);
// "unknown device 'npu0'; known are cpu, cuda, ...".
[[nodiscard]] std::string unknown_device(std::string_view text);

}  // namespace assay::record
