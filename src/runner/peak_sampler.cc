#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "runner/runner.h"

namespace assay::runner {
namespace {

template <class T>
void raise(std::optional<T>& highest, const std::optional<T>& seen) {
  if (seen) highest = std::max(highest.value_or(*seen), *seen);
}

void raise(Usage& highest, const Usage& seen) {
  if (seen.pss_bytes && *seen.pss_bytes >= highest.pss_bytes.value_or(0)) {
    highest.pss_bytes = seen.pss_bytes;
    highest.anonymous_bytes = seen.anonymous_bytes;
    highest.file_bytes = seen.file_bytes;
  }
  highest.programs.insert(seen.programs.begin(), seen.programs.end());
  raise(highest.threads, seen.threads);
  raise(highest.processes, seen.processes);
  raise(highest.cpu_ns, seen.cpu_ns);
}

}  // namespace

struct PeakSampler::State {
  const Runner& runner;
  std::chrono::nanoseconds interval;
  Usage highest;
  bool stopping = false;  // guarded by mutex
  std::mutex mutex;
  std::condition_variable wake;
  std::thread thread;

  void sample();
};

void PeakSampler::State::sample() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    lock.unlock();
    const int64_t start = now_ns();
    raise(highest, runner.usage());
    const auto pause = std::max(interval, std::chrono::nanoseconds(20 * (now_ns() - start)));
    lock.lock();
    wake.wait_for(lock, pause, [this] { return stopping; });
  }
}

PeakSampler::PeakSampler(const Runner& runner, double interval_s)
    : state_(new State{
          runner, std::chrono::nanoseconds(static_cast<int64_t>(interval_s * 1e9)), {}, false, {}, {}, {}}) {
  state_->thread = std::thread([this] { state_->sample(); });
}

PeakSampler::~PeakSampler() { stop(); }

Usage PeakSampler::stop() {
  if (state_->thread.joinable()) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->stopping = true;
    }
    state_->wake.notify_all();
    state_->thread.join();
    raise(state_->highest, state_->runner.usage());
  }
  return state_->highest;
}

}  // namespace assay::runner
