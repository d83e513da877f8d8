#include "setup/select.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "record/device.h"
#include "setup/program.h"

namespace assay::setup {
namespace {

constexpr std::string_view system_name() {
#if defined(__APPLE__)
  return "macos";
#elif defined(_WIN32)
  return "windows";
#elif defined(__linux__)
  return "linux";
#else
  return "another system";
#endif
}

constexpr std::string_view kAnyGpu = "*";

// What a device needs of a machine. Devices not listed here (software Vulkan, say) need nothing that host
// facts tell.
struct DeviceNeed {
  std::string_view device;
  std::string_view gpu;     // start of the name of a GPU that is needed; empty: none; "*": any will do
  std::string_view system;  // the only system that has it; empty: any
};
constexpr std::array<DeviceNeed, 6> kDeviceNeeds = {{{"cuda", "NVIDIA", ""},
                                                     {"rocm", "AMD", "linux"},
                                                     {"xpu", "Intel", ""},
                                                     {"vulkan", kAnyGpu, ""},
                                                     {"metal", "", "macos"},
                                                     {"directml", "", "windows"}}};

std::string unmet_device(std::string_view device, const record::Host& host) {
  const auto need = std::ranges::find(kDeviceNeeds, record::device_kind(device), &DeviceNeed::device);
  if (need == kDeviceNeeds.end()) return "";
  if (!need->system.empty() && need->system != system_name())
    return fmt::format("the device {} exists only on {}, and this is {}", device, need->system,
                       system_name());
  const bool any = need->gpu == kAnyGpu;
  const auto fits = [&](const std::string& gpu) { return any || gpu.starts_with(need->gpu); };
  if (!need->gpu.empty() && std::ranges::none_of(host.gpus, fits))
    return fmt::format("the device {} needs a GPU{}, and this machine shows none", device,
                       any ? "" : fmt::format(" by {}", need->gpu));
  return "";
}

std::string unmet_need(std::string_view need, const record::Host& host) {
  constexpr std::string_view kProgram = "program:", kCpu = "cpu:";
  if (need.starts_with(kProgram)) {
    const std::string_view program = need.substr(kProgram.size());
    return find_program(program) ? ""
                                 : fmt::format("needs the program {}, which is not on the PATH", program);
  }
  if (need.starts_with(kCpu)) {
    const std::string_view arch = need.substr(kCpu.size());
    return arch == host.arch ? "" : fmt::format("needs a CPU of {}, and this one is {}", arch, host.arch);
  }
  return need == system_name() ? "" : fmt::format("runs only on {}, and this is {}", need, system_name());
}

// "framework/variant@device"; absent parts are empty.
struct Parts {
  std::string framework, variant, device;
};

Parts split(std::string_view text) {
  Parts parts;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    parts.device = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const size_t slash = text.find('/');
  parts.framework = text.substr(0, slash);
  if (slash != std::string_view::npos) parts.variant = text.substr(slash + 1);
  return parts;
}

Result<std::vector<const Variant*>> variants_of(const Framework& framework, const Parts& parts) {
  if (!parts.variant.empty()) ASSAY_TRY_VOID(find_variant(framework, parts.variant));
  std::vector<const Variant*> found;
  std::vector<std::string> known;
  for (const Variant& variant : framework.variants) {
    const bool named = parts.variant.empty() ? !variant.hidden : variant.name == parts.variant;
    const auto device = record::without_threads(parts.device);
    const bool on_device =
        device.empty() || std::ranges::find(variant.devices, device) != variant.devices.end();
    if (named && on_device) found.push_back(&variant);
    if (named) known.insert(known.end(), variant.devices.begin(), variant.devices.end());
  }
  if (!found.empty()) return found;
  return fail(ErrorKind::usage, "{}{} has no device \"{}\": it has {}.", framework.name,
              parts.variant.empty() ? "" : "/" + parts.variant, parts.device, fmt::join(known, ", "));
}

// The device asked for, or the first that this machine can have, or the first.
std::string device_for(const Variant& variant, const std::string& asked, const record::Host& host) {
  if (!asked.empty()) return asked;
  for (const std::string& device : variant.devices)
    if (unmet(variant, device, host).empty()) return device;
  return variant.devices.front();
}

}  // namespace

Result<const Framework*> find_framework(std::span<const Framework> frameworks, std::string_view name) {
  std::vector<std::string> known;
  for (const Framework& framework : frameworks) {
    if (framework.name == name) return &framework;
    if (!framework.hidden) known.push_back(framework.name);
  }
  return fail(ErrorKind::usage, "unknown framework \"{}\".{} `assay list` shows all.", name,
              did_you_mean(name, known));
}

Result<const Variant*> find_variant(const Framework& framework, std::string_view name) {
  if (const Variant* variant = framework.variant(name)) return variant;
  std::vector<std::string> known;
  for (const Variant& variant : framework.variants) known.push_back(variant.name);
  return fail(ErrorKind::usage, "{} has no variant \"{}\".{} It has {}.", framework.name, name,
              did_you_mean(name, known), fmt::join(known, ", "));
}

std::string unmet(const Variant& variant, std::string_view device, const record::Host& host) {
  for (const std::string& need : variant.needs)
    if (std::string reason = unmet_need(need, host); !reason.empty()) return reason;
  return unmet_device(device, host);
}

std::string unmet(const Variant& variant, const record::Host& host) {
  return unmet(variant, device_for(variant, "", host), host);
}

Result<std::vector<ContestantSpec>> select(std::span<const Framework> frameworks, std::string_view text,
                                           const record::Host& host) {
  const Parts parts = split(text);
  ASSAY_TRY(const Framework* framework, find_framework(frameworks, parts.framework));
  ASSAY_TRY(const auto variants, variants_of(*framework, parts));
  std::vector<ContestantSpec> all, possible;
  for (const Variant* variant : variants) {
    all.push_back({framework, variant, device_for(*variant, parts.device, host)});
    if (unmet(*variant, all.back().device, host).empty()) possible.push_back(all.back());
  }
  return possible.empty() ? all : possible;
}

Result<std::vector<ContestantSpec>> select(std::span<const Framework> frameworks,
                                           std::span<const std::string> texts, const record::Host& host) {
  std::vector<std::string> wanted(texts.begin(), texts.end());
  if (wanted.empty())
    for (const Framework& framework : frameworks)
      if (!framework.hidden) wanted.push_back(framework.name);
  std::vector<ContestantSpec> selections;
  for (const std::string& text : wanted) {
    ASSAY_TRY(const auto found, select(frameworks, text, host));
    for (const ContestantSpec& contestant : found)
      if (std::ranges::find(selections, contestant.name(), &ContestantSpec::name) == selections.end())
        selections.push_back(contestant);
  }
  return selections;
}

}  // namespace assay::setup
