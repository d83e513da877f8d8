#include "watch.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <string_view>

namespace assay::fuzz {
namespace {

std::atomic<uint64_t> in_hand;

void say(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

// Only what may be called in a signal handler.
void name_input(int signal) {
  std::array<char, 24> digits{};
  const auto number = std::to_chars(digits.data(), digits.data() + digits.size(), in_hand.load());
  say(signal == SIGPROF || signal == SIGALRM ? "\nfuzz: hangs at input " : "\nfuzz: died of input ");
  say({digits.data(), static_cast<size_t>(number.ptr - digits.data())});
  say("\n");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// On a stack of its own, since an exhausted one is what may have brought us here. AddressSanitizer has a
// handler for SIGSEGV that says more.
void install() {
  static std::array<char, 1 << 16> stack;
  const stack_t alternative{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  ::sigaltstack(&alternative, nullptr);
  struct sigaction action{};
  action.sa_handler = name_input;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGALRM, SIGPROF, SIGABRT}) ::sigaction(signal, &action, nullptr);
#ifndef __SANITIZE_ADDRESS__
  ::sigaction(SIGSEGV, &action, nullptr);
#endif
}

}  // namespace

void begin(uint64_t input) {
  static const bool installed = (install(), true);
  in_hand = input;
  const itimerval computing{.it_interval = {}, .it_value = {.tv_sec = installed ? kMostCpuSeconds : 0}};
  ::setitimer(ITIMER_PROF, &computing, nullptr);
  ::alarm(kMostSeconds);
}

void end() {
  const itimerval never{};
  ::setitimer(ITIMER_PROF, &never, nullptr);
  ::alarm(0);
}

int64_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace assay::fuzz
