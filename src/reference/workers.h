// The threads of one evaluation. BLAS itself is kept to one thread: every parallel loop, those around BLAS
// too, runs here, so that two pools never compete for the same cores.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace assay::reference {

class Workers {
 public:
  // `threads` counts the calling thread; 0 takes all that the process may use.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  // Calls body(begin, end) for ranges that cover [0, count), each of at least `grain` (but the last), on all
  // threads, and returns when all are done. A call from inside a body runs on the calling thread alone.
  // `body` must not throw.
  void split(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

 private:
  // The loop that is being run; ranges are taken under the mutex of the pool.
  struct Loop {
    const std::function<void(int64_t, int64_t)>* body = nullptr;
    int64_t next = 0;
    int64_t count = 0;
    int64_t step = 1;
  };
  void help();
  void take_ranges(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  Loop loop_;
  int busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> helpers_;
};

// The number of threads the process may use: the CPUs of its affinity mask.
[[nodiscard]] int usable_threads();

}  // namespace assay::reference
