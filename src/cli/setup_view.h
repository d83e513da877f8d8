// How setting up a framework looks: lines about it stay, what its script does and how far it is stands in the
// status line; without a terminal in a line a minute.
#pragma once

#include <string>
#include <string_view>

#include "cli/terminal.h"
#include "setup/build.h"

namespace assay::cli {

class SetupView {
 public:
  explicit SetupView(std::string framework) : framework_(std::move(framework)) {}
  [[nodiscard]] setup::SetupObserver observer();
  void finish() { status_.clear(); }

 private:
  std::string framework_;
  StatusLine status_;
};

}  // namespace assay::cli
