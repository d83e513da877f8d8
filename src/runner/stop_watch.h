// A flag that ends a blocked call to a runner.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "runner/runner.h"

namespace assay::runner {

// Kills the runner when the flag rises while this lives: at most a fifth of a second later, which costs the
// machine nothing.
class StopWatch {
 public:
  StopWatch(Runner& runner, const std::atomic<bool>* stop) {
    if (stop == nullptr) return;
    thread_ = std::jthread([this, &runner, stop](const std::stop_token& done) {
      std::unique_lock lock(mutex_);
      while (!woken_.wait_for(lock, done, std::chrono::milliseconds(200), [&] { return stop->load(); }))
        if (done.stop_requested()) return;
      runner.interrupt();
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace assay::runner
