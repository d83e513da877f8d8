// The reference in a child process: started, waited for, killed on demand.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "verify/truth.h"

namespace assay::verify {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> arguments(const fs::path& assay, const ReferenceJob& job) {
  const reference::Options& options = job.options;
  std::vector<std::string> result = {assay.string(), "reference", "--graph", job.graph.string()};
  for (const auto& path : job.bindings) result.insert(result.end(), {"--bindings", path.string()});
  const auto add = [&](const char* name, std::string value) {
    result.insert(result.end(), {name, std::move(value)});
  };
  add("--out", job.out.string());
  add("--scalar", options.scalar == reference::Scalar::f64 ? "f64" : "f32");
  add("--blocking", std::to_string(options.blocking));
  add("--threads", std::to_string(options.threads));
  add("--operands", std::string(reference::name(options.operands)));
  add("--kinks", std::string(reference::name(options.kinks)));
  add("--kink-width", fmt::format("{}", options.kink_width));
  return result;
}

// Waits for the child; kills it first when `stop` rises.
Ending wait_for(Subprocess& child, const std::atomic<bool>* stop) {
  if (stop == nullptr) return child.wait();
  for (;;) {
    if (const auto ending = child.wait_for(std::chrono::milliseconds(100))) return *ending;
    if (stop->load()) return child.kill();
  }
}

Result<> outcome(const Ending& ending, const fs::path& log, const std::atomic<bool>* stop) {
  if (stop != nullptr && stop->load()) return fail(ErrorKind::environment, "the reference was interrupted");
  if (ending.success()) return {};
  const std::string said = sanitised(read_file(log).value_or(""));
  if (ending.signal == SIGKILL)
    return fail(ErrorKind::environment,
                "the reference was killed; most likely the memory did not suffice. {}", said);
  if (ending.signal != 0)
    return fail(ErrorKind::data, "the reference ended by signal {}: {}", ending.signal, said);
  return fail(ErrorKind::data, "the reference failed: {}", said);
}

}  // namespace

Evaluator child_evaluator(fs::path assay, const std::atomic<bool>* stop) {
  return [assay = std::move(assay), stop](const ReferenceJob& job) -> Result<> {
    const fs::path log = job.out.string() + ".log";
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    auto child = Subprocess::start({.argv = arguments(assay, job),
                                    .output = output,
                                    .errors = output,
                                    .group = SubprocessRequest::Group::ours});
    if (output >= 0) ::close(output);
    if (!child) return std::unexpected(child.error());
    auto result = outcome(wait_for(*child, stop), log, stop);
    std::error_code ignored;
    fs::remove(log, ignored);
    return result;
  };
}

}  // namespace assay::verify
