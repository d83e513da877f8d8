#include "models/presets.h"

#include <gtest/gtest.h>

#include "models/catalogue.h"

namespace assay::models {
namespace {

TEST(Presets, EachIsARequestThatItsModelTakes) {
  for (const Preset& preset : presets()) {
    const auto model = find_model(preset.model, "full");
    ASSERT_TRUE(model) << preset.name;
    for (const auto workload : preset.workloads) {
      const auto name = normal_name(*model, workload);
      EXPECT_TRUE(name) << preset.name << ": " << name.error().message;
    }
  }
}

TEST(Presets, ANameThatIsNoneIsRefusedWithTheNearest) {
  const auto found = find_preset("chat-tern");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "there is no preset 'chat-tern'. Did you mean chat-turn? `assay list --presets` shows them");
  EXPECT_TRUE(find_preset("chat-turn"));
}

}  // namespace
}  // namespace assay::models
