#ifdef __linux__
#include "host/gpus_linux.h"

#include <algorithm>
#include <string_view>

#include "host/proc_text.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

// The folder's entries, sorted; none when it does not exist.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    found.push_back(it->path());
  std::sort(found.begin(), found.end());
  return found;
}

// The NVIDIA driver names each of its processors in a file of its own.
std::vector<std::string> nvidia_gpus(const fs::path& root) {
  std::vector<std::string> found;
  for (const fs::path& gpu : entries(root / "proc/driver/nvidia/gpus")) {
    const std::string model = value_of(text_of(gpu / "information"), "Model", ':').value_or("GPU");
    found.push_back(model.starts_with("NVIDIA") ? model : "NVIDIA " + model);
  }
  if (found.empty())  // inside containers the files of the driver may be hidden while the device is there
    for (const fs::path& device : entries(root / "dev")) {
      const std::string node = device.filename().string();
      if (node.starts_with("nvidia") && node.size() > 6 &&
          node.find_first_not_of("0123456789", 6) == std::string::npos)
        found.push_back("NVIDIA GPU");
    }
  return found;
}

// "card0", not "card0-HDMI-A-1" (a connector) nor "renderD128" (the same processor again).
bool is_card(const fs::path& entry) {
  const std::string name = entry.filename().string();
  return name.starts_with("card") && name.find_first_not_of("0123456789", 4) == std::string::npos;
}

// PCI vendor numbers. Virtual displays and the chips of remote consoles have others.
std::string_view vendor_name(std::string_view pci_vendor) {
  if (pci_vendor == "0x10de") return "NVIDIA";
  if (pci_vendor == "0x1002") return "AMD";
  if (pci_vendor == "0x8086") return "Intel";
  return "";
}

}  // namespace

std::vector<std::string> gpus(const fs::path& root) {
  std::vector<std::string> found = nvidia_gpus(root);
  const bool nvidia_known = !found.empty();
  for (const fs::path& card : entries(root / "sys/class/drm")) {
    if (!is_card(card)) continue;
    const std::string_view vendor = vendor_name(text_of(card / "device/vendor"));
    if (vendor.empty() || (vendor == "NVIDIA" && nvidia_known)) continue;
    found.push_back(std::string(vendor) + " GPU " + text_of(card / "device/device"));
  }
  return found;
}

}  // namespace assay::host
#endif
