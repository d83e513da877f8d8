// Figures as people read them: three significant digits and a unit that fits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "decide/summary.h"

namespace assay::report {

[[nodiscard]] std::string milliseconds(double ms);             // "182 ms", "4.31 ms", "12.4 s"
[[nodiscard]] std::string seconds(double s);                   // "4.1 s", "2 min 5 s"
[[nodiscard]] std::string bytes(int64_t bytes);                // "540 MB", "5.27 GB": powers of ten
[[nodiscard]] std::string count(double number);                // "134.5 M", "35.1 G"
[[nodiscard]] std::string share(std::optional<double> share);  // "62 %", "-" when absent
[[nodiscard]] std::string percent(double share);               // "0.4 %", "2.6 %", "28 %"
[[nodiscard]] std::string ratio(const decide::Figure& ratio);  // "1.14 [1.11, 1.18]"
// What the ratio says: "slower", "equal within 3 %", "not told apart (±28 %)", "too few rounds".
[[nodiscard]] std::string comparison(const decide::Summary& summary);
[[nodiscard]] std::string accuracy(const record::Accuracy& accuracy);  // "exact (1.3x)"
// Why there is no time: outcome and the first line of its message.
[[nodiscard]] std::string explanation(const record::ContestantResult& entry, size_t most = 100);

}  // namespace assay::report
