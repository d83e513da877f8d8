#include "host/readers.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "host/huge_pages.h"

namespace assay::host {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr std::align_val_t kAlignment{kHugePage};

// Whole large pages for each thread, so that none is shared.
size_t share_of(size_t bytes, int threads) {
  const auto count = static_cast<size_t>(threads);
  return (bytes + count * kHugePage - 1) / (count * kHugePage) * kHugePage;
}

}  // namespace

void Readers::Free::operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }

Readers::Readers(int threads, size_t bytes)
    : share_(share_of(bytes, threads)), gate_(threads + 1), began_ns_(threads), ended_ns_(threads) {
  const size_t all = share_ * static_cast<size_t>(threads);
  memory_.reset(static_cast<std::byte*>(::operator new(all, kAlignment, std::nothrow)));
  if (memory_) prefer_huge_pages(memory_.get(), all);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { work(static_cast<size_t>(i)); });
  gate_.arrive_and_wait();  // every share is touched
  if (memory_ && large_pages().value_or(1) < 1) collapse_to_huge_pages(memory_.get(), all);
}

Readers::~Readers() {
  job_ = {};
  gate_.arrive_and_wait();
}

std::optional<double> Readers::large_pages() const {
  const size_t all = share_ * threads_.size();
  const auto large = bytes_in_huge_pages(memory_.get(), all);
  if (!large) return std::nullopt;
  return static_cast<double>(*large) / static_cast<double>(all);
}

int64_t Readers::batch_ns(const ReadJob& job) {
  job_ = job;
  running_ = 0;
  gate_.arrive_and_wait();
  gate_.arrive_and_wait();
  const auto active = static_cast<std::ptrdiff_t>(job.threads);
  const int64_t began = *std::min_element(began_ns_.begin(), began_ns_.begin() + active);
  const int64_t ended = *std::max_element(ended_ns_.begin(), ended_ns_.begin() + active);
  return std::max<int64_t>(1, ended - began);
}

void Readers::work(size_t index) {
  std::byte* const begin = memory_ ? memory_.get() + index * share_ : nullptr;
  if (begin != nullptr) std::memset(begin, 1, share_);
  gate_.arrive_and_wait();
  for (;;) {
    gate_.arrive_and_wait();
    const ReadJob job = job_;
    if (job.kernel == nullptr) return;
    if (index < static_cast<size_t>(job.threads) && begin != nullptr) {
      const std::span lines(reinterpret_cast<const Line*>(begin), job.part_bytes / kLineBytes);
      // One that is woken later than another is done would make them look half as fast as they are together.
      running_.fetch_add(1);
      while (running_.load() < job.threads) continue;
      began_ns_[index] = now_ns();
      for (int sweep = 0; sweep < job.sweeps; ++sweep) job.kernel->read(lines, sweep % 2 == 1);
      ended_ns_[index] = now_ns();
    }
    gate_.arrive_and_wait();
  }
}

}  // namespace assay::host
