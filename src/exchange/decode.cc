#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "exchange/codec.h"
#include "exchange/encode.h"
#include "record/plausible.h"

namespace assay::exchange {
namespace {

using nlohmann::json;

constexpr size_t kMostIdBytes = 64;

// A text, or the bytes of one that is not UTF-8.
std::optional<std::string> text_from(const json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) return *text;
  if (!value.is_array()) return std::nullopt;
  std::string bytes;
  for (const json& entry : value) {
    const auto byte = integer_of(entry);
    if (!byte || *byte < 0 || *byte > 255) return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

std::optional<double> number_from(const json& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value.is_number()) return value.get<double>();
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return std::nullopt;
  if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (*text == "Infinity") return kInfinity;
  if (*text == "-Infinity") return -kInfinity;
  return std::nullopt;
}

// Whether all of `part` is in `whole`: fields that an older program did not write may be missing in it.
bool holds(const json& whole, const json& part) {
  if (whole.is_object() && part.is_object()) {
    for (const auto& [key, value] : part.items()) {
      const auto found = whole.find(key);
      if (found == whole.end() || !holds(*found, value)) return false;
    }
    return true;
  }
  if (!whole.is_array() || !part.is_array()) return whole == part;
  if (whole.size() != part.size()) return false;
  for (size_t i = 0; i < part.size(); ++i)
    if (!holds(whole[i], part[i])) return false;
  return true;
}

bool read_text(const std::string& text, record::Host& host) {
  host = record::host_from_json(text);
  return true;
}

template <class T>
bool read_if(std::optional<T> read, T& result) {
  const bool known = read.has_value();
  if (known) result = *std::move(read);
  return known;
}
bool read_text(const std::string& text, record::Limits& limits) {
  return read_if(record::limits_from_json(text), limits);
}
bool read_text(const std::string& text, record::Footprint& footprint) {
  return read_if(record::footprint_from_json(text), footprint);
}

// What other modules read: they pass over what they do not understand, which here would be lost.
template <class T>
bool record_from(const json& value, T& result) {
  return read_text(json_text(value), result) && holds(json::parse(record_text(result)), value);
}

// Reads each field of an object.
class Decoder {
 public:
  explicit Decoder(JsonFields& fields) : fields_(fields) {}

  // Absent: left out, or null.
  template <class T>
  void operator()(std::string_view key, std::optional<T>& value) {
    if (fields_.has(key) && !fields_.is_null(key)) (*this)(key, value.emplace());
  }
  void operator()(std::string_view key, bool& value) { value = fields_.boolean(key); }
  void operator()(std::string_view key, int& value) {
    value = static_cast<int>(
        fields_.integer(key, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  }
  void operator()(std::string_view key, int64_t& value) { value = fields_.integer(key); }
  void operator()(std::string_view key, uint64_t& value) {
    const json* found = fields_.value(key, "a natural number");
    if (found == nullptr) return;
    if (!found->is_number_unsigned()) return fields_.refuse(key, "a natural number");
    value = found->get<uint64_t>();
  }
  void operator()(std::string_view key, double& value) {
    const json* found = fields_.value(key, "a number");
    const auto number = found == nullptr ? std::optional(0.0) : number_from(*found);
    if (!number) fields_.refuse(key, "a number");
    value = number.value_or(0);
  }
  void operator()(std::string_view key, std::string& value) {
    const json* found = fields_.value(key, "a text");
    auto text = found == nullptr ? std::optional(std::string()) : text_from(*found);
    if (!text) fields_.refuse(key, "a text");
    value = std::move(text).value_or("");
  }
  void operator()(std::string_view key, record::Verdict& value) {
    value = fields_.named(key, record::verdict_from_name, "a verdict");
  }
  void operator()(std::string_view key, record::Outcome& value) {
    value = fields_.named(key, record::outcome_from_name, "an outcome");
  }
  void operator()(std::string_view key, record::Reason& value) {
    value = fields_.named(key, record::reason_from_name, "the code of a reason");
  }
  void operator()(std::string_view key, Texts& value) {
    fields_.nested(key, [&](JsonFields& entries) {
      for (const std::string& name : entries.unread()) value[name] = entries.text(name);
    });
  }
  void operator()(std::string_view key, std::vector<int64_t>& value) { value = fields_.integers(key); }
  void operator()(std::string_view key, std::vector<int>& value) {
    const auto numbers = fields_.integers(key, kMostJsonValues, 0, std::numeric_limits<int>::max());
    value.assign(numbers.begin(), numbers.end());
  }
  void operator()(std::string_view key, std::vector<std::string>& value) {
    each(key, "texts", [&](const json& entry) {
      auto text = text_from(entry);
      const bool known = text.has_value();
      if (known) value.push_back(*std::move(text));
      return known;
    });
  }
  void operator()(std::string_view key, std::vector<record::StepRequest>& value) {
    each(key, "pairs of steps and ns", [&](const json& entry) {
      const bool pair = entry.is_array() && entry.size() == 2;
      const auto steps = pair ? integer_of(entry[0]) : std::nullopt;
      const auto ns = pair ? integer_of(entry[1]) : std::nullopt;
      if (!steps || !ns || *steps < 1 || *steps > std::numeric_limits<int>::max()) return false;
      value.push_back({static_cast<int>(*steps), *ns});
      return true;
    });
  }
  void operator()(std::string_view key, std::vector<record::Limits>& value) {
    each(key, "what `assay limits` measures",
         [&](const json& entry) { return record_from(entry, value.emplace_back()); });
  }
  template <class T>
  void operator()(std::string_view key, std::vector<T>& value) {
    fields_.each(key, [&](JsonFields& entry) { read(entry, value.emplace_back()); });
  }
  template <class T>
  void operator()(std::string_view key, T& value) {
    if constexpr (kHasText<T>) {
      const json* found = fields_.value(key, "an object");
      if (found != nullptr && !record_from(*found, value))
        fields_.refuse(key, "what this version of Assay writes there");
    } else {
      fields_.nested(key, [&](JsonFields& inner) { read(inner, value); });
    }
  }

  template <class T>
  static void read(JsonFields& fields, T& value) {
    Decoder decoder(fields);
    each_field(decoder, value);
  }

 private:
  // Hands each entry of a list to `add`, which returns whether it is what was expected.
  template <class Add>
  void each(std::string_view key, std::string_view expectation, const Add& add) {
    const json* entries = fields_.list(key);
    if (entries == nullptr) return;
    for (const json& entry : *entries)
      if (!add(entry)) return fields_.refuse(key, expectation);
  }

  JsonFields& fields_;
};

// What a record must be beyond having its fields.
void check(JsonFields& fields, const record::Run& run) {
  if (!is_run_id(run.id)) fields.refuse("id", "the id of a run");
}

void check(JsonFields& fields, const record::Visit& visit) {
  if (const std::string fault = record::implausible(visit); !fault.empty()) fields.fault(fault);
}

void check(JsonFields& /*fields*/, record::ContestantResult& result) {
  if (result.failure) result.outcome = result.failure->outcome;
}

// The one object of a line, under the name of its kind.
template <class T>
Result<Line> record_in(JsonFields& line, std::string_view kind) {
  T value;
  line.nested(kind, [&](JsonFields& fields) {
    Decoder::read(fields, value);
    if (fields.status()) check(fields, value);
  });
  ASSAY_TRY_VOID(line.finish());
  return Line(std::move(value));
}

Result<Line> header_in(JsonFields& line) {
  const int64_t format = line.integer("assay-results", 1);
  ASSAY_TRY_VOID(line.status());
  if (format > kFormat)
    return fail(ErrorKind::data,
                "{}: the results are in format {}, this program reads up to {}: they were written by a newer "
                "Assay. Update Assay",
                line.where(), format, kFormat);
  Header header{line.text("assay"), line.text("made")};
  ASSAY_TRY_VOID(line.finish());
  return Line(std::move(header));
}

Result<Line> run_end_in(JsonFields& line) {
  RunEnd end;
  line.nested("end", [&](JsonFields& fields) {
    end.run = fields.text("run", 1, kMostIdBytes);
    end.results = fields.integer("results", 0);
    end.visits = fields.integer("visits", 0);
    if (fields.has("hash")) end.hash = fields.text("hash");
  });
  ASSAY_TRY_VOID(line.finish());
  return Line(std::move(end));
}

Result<Line> file_end_in(JsonFields& line) {
  const FileEnd end{line.integer("runs", 0)};
  ASSAY_TRY_VOID(line.finish());
  return Line(end);
}

}  // namespace

bool is_run_id(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= kMostIdBytes && text.front() != '-' && text != "last" &&
         std::ranges::all_of(text, is_plain);
}

Result<Line> from_line(std::string_view text, const std::string& place) {
  ASSAY_TRY(const json value, parse_json(text, place, {}, JsonPlace::column));
  JsonFields line(value, place);
  ASSAY_TRY_VOID(line.status());
  if (line.has("assay-results")) return header_in(line);
  if (line.has("run")) return record_in<record::Run>(line, "run");
  if (line.has("result")) return record_in<record::ContestantResult>(line, "result");
  if (line.has("visit")) return record_in<record::Visit>(line, "visit");
  if (line.has("end")) return run_end_in(line);
  if (line.has("runs")) return file_end_in(line);
  return fail(ErrorKind::data, "{}: is no line that `assay export` writes", place);
}

}  // namespace assay::exchange
