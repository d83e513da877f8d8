#include "cli/setup_view.h"

#include <fmt/format.h>

namespace assay::cli {

setup::SetupObserver SetupView::observer() {
  return {
      .say = [this](std::string_view line) { status_.print(fmt::format("{}: {}", framework_, line)); },
      .output = [this](std::string_view line) { status_.show(fmt::format("  {}: {}", framework_, line)); },
  };
}

}  // namespace assay::cli
