#include "host/read_kernels.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace assay::host {
namespace {

// The statements that load are volatile: a compiler may neither drop them nor change their order, whatever it
// unrolls. They need no compiler that may use the CPU's instructions, but a CPU that has them.

// What all readers have.
struct Prefetching {
  const Line* lines;
#ifdef __x86_64__
  [[gnu::always_inline]] inline void prefetch(size_t i) const {
    asm volatile("prefetcht0 %0" : : "m"(lines[i]));
  }
#else
  [[gnu::always_inline]] inline void prefetch(size_t i) const { __builtin_prefetch(lines + i); }
#endif
  static void end() {}
};

// Eight words a line. None is loaded before the statement ahead of it, none after its own.
struct PortableReader : Prefetching {
  [[gnu::always_inline]] inline void line(size_t i) const {
    const auto* words = reinterpret_cast<const uint64_t*>(lines + i);
    for (size_t k = 0; k < kLineBytes / sizeof(uint64_t); ++k) asm volatile("" : : "r"(words[k]) : "memory");
  }
};

#ifdef __x86_64__
template <size_t Bytes>
struct alignas(Bytes) Piece {
  std::byte bytes[Bytes];
};

struct Sse2Reader : Prefetching {
  [[gnu::always_inline]] inline void line(size_t i) const {
    const auto* quarters = reinterpret_cast<const Piece<16>*>(lines + i);
    for (size_t k = 0; k < 4; ++k) asm volatile("movdqa %0, %%xmm0" : : "m"(quarters[k]) : "xmm0");
  }
};
struct Avx2Reader : Prefetching {
  [[gnu::always_inline]] inline void line(size_t i) const {
    const auto* halves = reinterpret_cast<const Piece<32>*>(lines + i);
    for (size_t k = 0; k < 2; ++k) asm volatile("vmovdqa %0, %%ymm0" : : "m"(halves[k]) : "xmm0");
  }
  [[gnu::always_inline]] static inline void end() { asm volatile("vzeroupper" : : : "xmm0"); }
};
struct Avx512Reader : Prefetching {
  [[gnu::always_inline]] inline void line(size_t i) const {
    asm volatile("vmovdqa64 %0, %%zmm0" : : "m"(lines[i]) : "xmm0");
  }
  [[gnu::always_inline]] static inline void end() { asm volatile("vzeroupper" : : : "xmm0"); }
};
#endif

template <class Reader>
void ascending(std::span<const Line> lines, bool /*backwards*/) {
  Reader reader{{lines.data()}};
  read_ascending(reader, lines.size());
  Reader::end();
}

template <class Reader, size_t Streams>
void streams(std::span<const Line> lines, bool /*backwards*/) {
  Reader reader{{lines.data()}};
  read_streams<Streams>(reader, lines.size());
  Reader::end();
}

template <class Reader, size_t Ahead>
void prefetching(std::span<const Line> lines, bool /*backwards*/) {
  Reader reader{{lines.data()}};
  read_prefetching<Ahead>(reader, lines.size());
  Reader::end();
}

template <class Reader>
void stretches(std::span<const Line> lines, bool backwards) {
  Reader reader{{lines.data()}};
  read_stretches(reader, lines.size(), backwards);
  Reader::end();
}

template <class Reader>
constexpr std::array<ReadKernel, 7> kKernels = {{{"ascending", ascending<Reader>},
                                                 {"streams-2", streams<Reader, 2>},
                                                 {"streams-4", streams<Reader, 4>},
                                                 {"streams-8", streams<Reader, 8>},
                                                 {"prefetch-1k", prefetching<Reader, 1024 / kLineBytes>},
                                                 {"prefetch-4k", prefetching<Reader, 4096 / kLineBytes>},
                                                 {"to-and-fro", stretches<Reader>}}};

#ifdef __x86_64__
// On some CPUs two loads of half a line beat one of a whole, in the nearest cache.
constexpr auto kAvx512Kernels = [] {
  std::array<ReadKernel, kKernels<Avx512Reader>.size() + 1> all{};
  std::ranges::copy(kKernels<Avx512Reader>, all.begin());
  all.back() = {"ascending-avx2", ascending<Avx2Reader>};
  return all;
}();
#endif

struct Kind {
  std::string_view loads;
  std::span<const ReadKernel> kernels;
};

Kind widest() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return {"avx512", kAvx512Kernels};
  if (__builtin_cpu_supports("avx2")) return {"avx2", kKernels<Avx2Reader>};
  return {"sse2", kKernels<Sse2Reader>};
#else
  return {"portable", kKernels<PortableReader>};
#endif
}

const Kind& chosen() {
  static const Kind kind = widest();
  return kind;
}

}  // namespace

std::span<const ReadKernel> read_kernels() { return chosen().kernels; }

std::span<const ReadKernel> portable_read_kernels() { return kKernels<PortableReader>; }

std::string_view read_loads() { return chosen().loads; }

const ReadKernel* read_kernel(std::string_view name) {
  const auto found = std::ranges::find(read_kernels(), name, &ReadKernel::name);
  return found == read_kernels().end() ? nullptr : &*found;
}

}  // namespace assay::host
