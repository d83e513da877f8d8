#include "record/outcome.h"

#include <array>
#include <utility>

namespace assay::record {
namespace {

constexpr std::array kOutcomes = {
    std::pair{Outcome::ok, std::string_view("ok")},
    std::pair{Outcome::unsupported, std::string_view("unsupported")},
    std::pair{Outcome::crashed, std::string_view("crashed")},
    std::pair{Outcome::timed_out, std::string_view("timed_out")},
    std::pair{Outcome::failed, std::string_view("failed")},
    std::pair{Outcome::unsteady, std::string_view("unsteady")},
    std::pair{Outcome::unsteady, std::string_view("unsettled")},  // its name in older stores
};

constexpr std::array kReasons = {
    std::pair{Reason::none, std::string_view("")},
    std::pair{Reason::op, std::string_view("operator")},
    std::pair{Reason::precision, std::string_view("precision")},
    std::pair{Reason::device, std::string_view("device")},
    std::pair{Reason::platform, std::string_view("platform")},
    std::pair{Reason::build, std::string_view("build")},
    std::pair{Reason::memory, std::string_view("memory")},
    std::pair{Reason::not_set_up, std::string_view("not_set_up")},
};

template <class Table, class Key>
std::string_view name_in(const Table& table, Key key) {
  for (const auto& [value, text] : table)
    if (value == key) return text;
  return "";
}

// The key of a name, or nothing.
template <class Table>
auto value_in(const Table& table, std::string_view text)
    -> std::optional<typename Table::value_type::first_type> {
  for (const auto& entry : table)
    if (entry.second == text) return entry.first;
  return std::nullopt;
}

}  // namespace

std::string_view name(Outcome outcome) { return name_in(kOutcomes, outcome); }
std::string_view name(Reason reason) { return name_in(kReasons, reason); }
std::optional<Outcome> outcome_from_name(std::string_view text) { return value_in(kOutcomes, text); }
std::optional<Reason> reason_from_name(std::string_view text) { return value_in(kReasons, text); }

}  // namespace assay::record
