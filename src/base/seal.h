// Seals: a file that is kept to be used again has its hash and size in a small file beside it, FILE.seal, so
// that one which was damaged, cut off or never finished is made anew instead of believed. A seal guards
// against accident; it says nothing of who wrote the file.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace assay {

// Told what somebody should know, in one line.
using Told = std::function<void(std::string_view)>;

// Where the seal of a file lies.
[[nodiscard]] std::filesystem::path seal_of(const std::filesystem::path& path);

// Seals a file that is complete. Fails (data, environment) when it cannot be read or the seal not be written.
[[nodiscard]] Result<> seal(const std::filesystem::path& path);

// Whether the file is there as it was when it was sealed. Where it is not, the caller makes it anew and seals
// it: `told` hears of a file that is damaged or has no seal, not of one that is missing. Every file is read
// once a process (XXH3, some 10 GB/s of what is in memory), and again when its inode, size or times changed.
[[nodiscard]] bool is_intact(const std::filesystem::path& path, const Told& told = {});

}  // namespace assay
