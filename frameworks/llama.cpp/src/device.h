// The device that this executable computes on: the CPU, or, where it was linked with ggml's back end for
// CUDA, the first of NVIDIA's GPUs and nothing else.
#pragma once

#include <ggml-backend.h>

#include <optional>
#include <string>
#include <string_view>

namespace llama_runner {

struct Device {
  std::string name, description;  // the name is the one that contestants end in
  ggml_backend_dev_t handle;
};

// The variant of framework.toml that this executable is.
[[nodiscard]] std::string_view variant();

// Registers ggml's back end, where there is one to be registered. Once, before anything else of ggml is
// called.
void register_backend();

// Nothing on a machine without such a GPU or a driver for it.
[[nodiscard]] std::optional<Device> device();

// Whether results of the device lie elsewhere than where a program reads them.
[[nodiscard]] bool is_gpu(const Device& device);

}  // namespace llama_runner
