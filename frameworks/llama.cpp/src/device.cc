#include "device.h"

#include <ggml-cpu.h>

#ifdef WITH_CUDA
#include <ggml-cuda.h>
#endif

namespace llama_runner {

#ifdef WITH_CUDA
std::string_view variant() { return "cuda"; }

void register_backend() { ggml_backend_register(ggml_backend_cuda_reg()); }

std::optional<Device> device() {
  auto* const registry = ggml_backend_cuda_reg();
  if (ggml_backend_reg_dev_count(registry) == 0) return std::nullopt;
  auto* const first = ggml_backend_reg_dev_get(registry, 0);
  return Device{.name = "cuda", .description = ggml_backend_dev_description(first), .handle = first};
}
#else
std::string_view variant() { return "default"; }

void register_backend() {}

std::optional<Device> device() {
  return Device{.name = "cpu",
                .description = ggml_cpu_has_avx512() != 0 ? "AVX-512" : "",
                .handle = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)};
}
#endif

bool is_gpu(const Device& device) {
  return ggml_backend_dev_type(device.handle) != GGML_BACKEND_DEVICE_TYPE_CPU;
}

}  // namespace llama_runner
