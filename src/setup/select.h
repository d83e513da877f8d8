// Which contestants the user's words name: "sample", "sample/compile", "sample@cuda",
// "sample/compile@cpu".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/measurement.h"
#include "setup/framework.h"

namespace assay::setup {

// One contestant to be. Points into the frameworks it was selected from.
struct ContestantSpec {
  const Framework* framework = nullptr;
  const Variant* variant = nullptr;
  std::string device;
  [[nodiscard]] std::string name() const { return framework->name + "/" + variant->name + "@" + device; }
};

// The framework of that name, and the variant. Fail (usage) with the nearest name.
[[nodiscard]] Result<const Framework*> find_framework(std::span<const Framework> frameworks,
                                                      std::string_view name);
[[nodiscard]] Result<const Variant*> find_variant(const Framework& framework, std::string_view name);

// Why the variant cannot run on `device` of this machine, one sentence, or nothing when nothing speaks
// against it. Only what the host facts tell; the last word has the runner's describe().
[[nodiscard]] std::string unmet(const Variant& variant, std::string_view device, const record::Host& host);

// Why the variant can run on none of its devices here, as of the first of them; nothing when it can on some.
[[nodiscard]] std::string unmet(const Variant& variant, const record::Host& host);

// The contestants that `text` names. A framework alone means each of its variants that is not hidden and can
// run here, or all of those when none can; a variant without a device means its first device that can be met
// here, else its first. Fails (usage) with the nearest names.
[[nodiscard]] Result<std::vector<ContestantSpec>> select(std::span<const Framework> frameworks,
                                                         std::string_view text, const record::Host& host);

// The same for several texts, each contestant once, in the order named. No texts: every framework that is not
// hidden.
[[nodiscard]] Result<std::vector<ContestantSpec>> select(std::span<const Framework> frameworks,
                                                         std::span<const std::string> texts,
                                                         const record::Host& host);

}  // namespace assay::setup
