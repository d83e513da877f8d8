// The names of devices: a closed set, so that a result says what it ran on and a device that Assay knows
// nothing about cannot take part under a name of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::record {

// Whether a contestant may have a device of that name: a known kind, alone or with the index of one of
// several, "cuda", "cuda:1". There is one "cpu".
[[nodiscard]] bool is_device(std::string_view text);
// The kind without the index: "cuda" of "cuda:1".
[[nodiscard]] std::string_view device_kind(std::string_view text);
// A contestant that gets a number of threads of its own, beside others of its run, has it in its device:
// "cpu-2t" is the device "cpu" with two threads.
[[nodiscard]] std::string with_threads(std::string_view device, int threads);
[[nodiscard]] std::string_view without_threads(std::string_view device);
// Absent where the device says none: as many as the run's.
[[nodiscard]] std::optional<int> threads_of(std::string_view device);

// "unknown device 'npu0'; known are cpu, cuda, ...".
[[nodiscard]] std::string unknown_device(std::string_view text);

}  // namespace assay::record
