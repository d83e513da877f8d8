// Environment variables that steer the libraries of frameworks: how many threads they make, where they put
// them, which kernels they take. What is left of another program's tuning in the user's shell would be
// measured in place of the frameworks, so runners do without it unless the user says --keep-env. What would
// act on Assay itself is taken out of its environment before any library is loaded: OpenMP's places pin the
// whole program to one core when libgomp starts, long before main().
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::host {

enum class Treatment {
  taken,  // out of Assay's own environment as well, before its libraries see it
  unset,  // in runners
  kept,   // in runners too, stored with the run and shown
};

// Which variables, and why. Plain pointers: it is read before the program's libraries have started.
struct Steering {
  const char* beginning;  // of the name; the first that fits counts
  Treatment treatment;
  const char* reason;
};
[[nodiscard]] std::span<const Steering> steering();
// Absent (null) for a variable that steers nothing.
[[nodiscard]] const Steering* steering_of(std::string_view variable);

using Variables = std::map<std::string, std::string>;

// The environment that the user gave, those that were taken out of it included.
[[nodiscard]] Variables given_environment();

// What of it reaches the runners.
struct RunnerEnvironment {
  Variables kept;                  // that steer and are passed on
  std::vector<std::string> unset;  // that were set and are not passed on
};
// `keep`: variables that are passed on whatever they do. `unset`: beginnings of the names of further ones
// that steer and are not.
[[nodiscard]] RunnerEnvironment runner_environment(const Variables& given,
                                                   const std::vector<std::string>& keep,
                                                   const std::vector<std::string>& unset = {});

}  // namespace assay::host
