#include "exchange/encode.h"

#include <cmath>

#include "base/text.h"
#include "exchange/codec.h"

namespace assay::exchange {
namespace {

std::string line_of(std::string_view kind, Encoded value) {
  Encoded line = Encoded::object();
  line.emplace(std::string(kind), std::move(value));
  // ASCII: no terminal and no mail program makes anything else of it.
  return line.dump(-1, ' ', true, Encoded::error_handler_t::replace);
}

}  // namespace

std::string record_text(const record::Host& host) { return record::host_to_json(host); }
std::string record_text(const record::Limits& limits) { return record::limits_to_json(limits); }
std::string record_text(const record::Footprint& footprint) { return record::footprint_to_json(footprint); }

Encoded encoded_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Encoded encoded_text(const std::string& text) {
  if (is_utf8(text)) return text;
  return std::vector<unsigned char>(text.begin(), text.end());
}

std::string to_line(const Header& header) {
  const Encoded line = {{"assay-results", kFormat}, {"assay", header.assay}, {"made", header.made}};
  return line.dump(-1, ' ', true, Encoded::error_handler_t::replace);
}

std::string to_line(const record::Run& run) { return line_of("run", encoded(run)); }
std::string to_line(const record::ContestantResult& result) { return line_of("result", encoded(result)); }
std::string to_line(const record::Visit& visit) { return line_of("visit", encoded(visit)); }

std::string to_line(const RunEnd& end) {
  return line_of("end",
                 {{"run", end.run}, {"results", end.results}, {"visits", end.visits}, {"hash", end.hash}});
}

std::string to_line(const FileEnd& end) { return line_of("runs", end.runs); }

}  // namespace assay::exchange
