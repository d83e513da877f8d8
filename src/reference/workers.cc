#include "reference/workers.h"

#include <algorithm>

namespace assay::reference {
namespace {

// True on a thread that runs a range: a loop inside it must not wait for the pool.
thread_local bool inside_loop = false;

// Ranges a thread: more than one, so that a thread that was held up does not hold up the others.
constexpr int64_t kRangesPerThread = 4;

}  // namespace

int usable_threads() {
  // The standard library of GNU/Linux counts the CPUs of the affinity mask, not those of the machine.
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Workers::Workers(int threads) {
  const int wanted = threads > 0 ? threads : usable_threads();
  for (int i = 1; i < wanted; ++i) helpers_.emplace_back([this] { help(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Workers::split(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (count <= 0) return;
  const int64_t step = std::max(
      {int64_t{1}, grain, (count + threads() * kRangesPerThread - 1) / (threads() * kRangesPerThread)});
  if (inside_loop || helpers_.empty() || step >= count) {
    body(0, count);
    return;
  }
  std::unique_lock lock(mutex_);
  loop_ = {&body, 0, count, step};
  wake_.notify_all();
  take_ranges(lock);
  done_.wait(lock, [this] { return busy_ == 0; });
  loop_ = {};
}

void Workers::help() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || loop_.next < loop_.count; });
    if (stopping_) return;
    take_ranges(lock);
    if (busy_ == 0) done_.notify_one();
  }
}

void Workers::take_ranges(std::unique_lock<std::mutex>& lock) {
  ++busy_;
  inside_loop = true;
  while (loop_.next < loop_.count) {
    const int64_t begin = loop_.next;
    const int64_t end = std::min(loop_.count, begin + loop_.step);
    loop_.next = end;
    const auto* body = loop_.body;
    lock.unlock();
    (*body)(begin, end);
    lock.lock();
  }
  inside_loop = false;
  --busy_;
}

}  // namespace assay::reference
