#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace assay::cli {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch a lock-free flag");

void on_signal(int /*signal*/) {
  if (stop.exchange(true)) ::_exit(130);
}

}  // namespace

std::atomic<bool>& interrupted() { return stop; }

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, on_signal);
}

}  // namespace assay::cli
