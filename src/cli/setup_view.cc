#include "cli/setup_view.h"

#include <fmt/format.h>

namespace assay::cli {

setup::SetupObserver SetupView::observer() {
  return {
      .say = [this](std::string_view line) { status_.print(fmt::format("{}: {}", framework_, line)); },
      .progress = [this](std::string_view line) { status_.keep_showing(fmt::format("  {}", line)); },
  };
}

}  // namespace assay::cli
