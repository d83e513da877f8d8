// The graphics processors of a Linux machine, by what the kernel's drivers show. Whether a framework can use
// one is the runner's to say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assay::host {

// "NVIDIA H200", "AMD GPU 0x74a1", "Intel GPU 0x56a0": vendor first; virtual displays and server management
// chips are left out.
[[nodiscard]] std::vector<std::string> gpus(const std::filesystem::path& root);

}  // namespace assay::host
