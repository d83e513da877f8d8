#include "models/presets.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace assay::models {

std::span<const Preset> presets() {
  static const std::array all = {
      Preset{"chat-turn",
             "a message with what was said before it is read, and the reply's tokens follow",
             "smollm2-135m",
             {"generate[512,+64]"}},
      Preset{"long-document",
             "a document of some ten pages is read, and a token written after it",
             "smollm2-135m",
             {"inference[4096]", "latency[@4096]"}},
      Preset{"code-completion",
             "the code around the cursor is read, and a token written",
             "smollm2-135m",
             {"inference[1024]", "latency[@1024]"}},
      Preset{"autocomplete",
             "a few words are read while somebody types, and the next one follows",
             "smollm2-135m",
             {"inference[16]", "latency[@16]"}},
      Preset{"chat-server",
             "the next token of eight conversations at once",
             "smollm2-135m",
             {"latency[@1024,x8]"}},
      Preset{"transcription",
             "30 s of speech are heard, and a token in the middle of their text is written",
             "whisper-tiny",
             {"inference[30s]", "latency[@64,30s]"}},
      Preset{"voice-command",
             "3 s of speech are heard, and a token written",
             "whisper-tiny",
             {"inference[3s]", "latency[3s]"}},
      Preset{"camera-frame", "one frame of a camera", "resnet-50", {"latency[224px,x1]"}},
      Preset{"photo-library", "16 photos at once", "resnet-50", {"inference[224px,x16]"}},
      Preset{"search-query", "the embedding of a question, as it is asked", "minilm-l6", {"latency[8]"}},
      Preset{"search-index", "the embeddings of 32 passages at once", "minilm-l6", {"inference[128,x32]"}},
      Preset{"image-generation",
             "one denoising step of an image of 512 x 512",
             "sd15-unet",
             {"inference[64lat]"}},
  };
  return all;
}

Result<const Preset*> find_preset(std::string_view name) {
  const auto all = presets();
  const auto found = std::ranges::find(all, name, &Preset::name);
  if (found != all.end()) return &*found;
  std::vector<std::string> names;
  for (const Preset& preset : all) names.emplace_back(preset.name);
  return fail(ErrorKind::usage, "there is no preset '{}'.{} `assay list --presets` shows them",
              one_line(name, 100), did_you_mean(name, names));
}

}  // namespace assay::models
