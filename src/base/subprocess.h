// A program started beside this one: its words, its environment, its folder, and where its streams go. The
// only way to start one, but for runners, which are started isolated (runner/spawn). POSIX in
// subprocess_posix.cc; another system needs a file of its own beside it.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace assay {

struct SubprocessRequest {
  std::vector<std::string> argv;  // argv[0] is looked up on the PATH
  // Added to this process's own; an empty value removes the variable.
  std::map<std::string, std::string> environment = {};
  std::filesystem::path directory = {};  // to run in; empty: this process's
  // Descriptors that become its streams; -1: it reads nothing, and what it writes is lost.
  int input = -1, output = -1, errors = -1;
  int keep_open = -1;  // another descriptor that it inherits; -1: none
  // ours: the terminal's Ctrl-C reaches it. own_group: it does not, and what the program starts ends with it.
  // own_session: it lives on without a terminal.
  enum class Group { ours, own_group, own_session };
  Group group = Group::own_group;
};

// How a program ended: exit code, or the signal that ended it (then code is -1).
struct Ending {
  int code = -1;
  int signal = 0;
  [[nodiscard]] bool success() const { return code == 0; }
};

class Subprocess {
 public:
  // Signals are as a shell would give them, whatever this process does with its own. Fails (environment) when
  // it cannot be started.
  [[nodiscard]] static Result<Subprocess> start(const SubprocessRequest& request);
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  ~Subprocess() = default;  // it goes on

  [[nodiscard]] int id() const { return id_; }
  // Waits until it has ended, for so long at most.
  [[nodiscard]] std::optional<Ending> wait_for(std::chrono::milliseconds time);
  Ending wait();
  // Asks it to end, with all of its group; what is left after `patience` is killed. Then waits.
  Ending end(std::chrono::milliseconds patience);
  // Ends it at once, and waits.
  Ending kill();

 private:
  Subprocess(int id, bool own_group) : id_(id), own_group_(own_group) {}
  void signal(int number) const;

  int id_;
  bool own_group_;
};

}  // namespace assay
