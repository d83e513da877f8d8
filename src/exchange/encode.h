// Records as JSON that loses nothing: integers stay integers, doubles are written so that they read back as
// they were, NaN and the infinities as texts, text that is not UTF-8 as a list of its bytes. Two records are
// the same when these are. Private to exchange/.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "exchange/fields.h"
#include "record/host_json.h"

namespace assay::exchange {

using Encoded = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

// What other modules already write, for the store and for reports.
[[nodiscard]] std::string record_text(const record::Host& host);
[[nodiscard]] std::string record_text(const record::Limits& limits);
[[nodiscard]] std::string record_text(const record::Footprint& footprint);
template <class T>
inline constexpr bool kHasText = std::is_same_v<T, record::Host> || std::is_same_v<T, record::Limits> ||
                                 std::is_same_v<T, record::Footprint>;

[[nodiscard]] Encoded encoded_number(double value);
[[nodiscard]] Encoded encoded_text(const std::string& text);

template <class T>
[[nodiscard]] Encoded encoded(const T& value);

// Puts each field that is there into an object.
class Encoder {
 public:
  template <class T>
  void operator()(std::string_view key, const T& value) {
    if constexpr (kIsOptional<T>) {
      if (!value) return;
    }
    object_.emplace_back(std::string(key), encoded(value));
  }
  [[nodiscard]] Encoded take() { return Encoded(std::move(object_)); }

 private:
  Encoded::object_t object_;
};

template <class T>
Encoded encoded_list(const std::vector<T>& values) {
  Encoded list = Encoded::array();
  for (const T& value : values) list.push_back(encoded(value));
  return list;
}

template <class T>
Encoded encoded(const T& value) {
  if constexpr (kIsOptional<T>) {
    return value ? encoded(*value) : Encoded(nullptr);
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, Texts>) {
    return Encoded(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return encoded_number(value);
  } else if constexpr (std::is_enum_v<T>) {
    return Encoded(record::name(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return encoded_text(value);
  } else if constexpr (std::is_same_v<T, record::StepRequest>) {
    return Encoded::array({value.steps, value.ns});
  } else if constexpr (kIsVector<T>) {
    return encoded_list(value);
  } else if constexpr (kHasText<T>) {
    return Encoded::parse(record_text(value));
  } else {
    Encoder object;
    each_field(object, value);
    return object.take();
  }
}

template <class T>
[[nodiscard]] bool same(const T& a, const T& b) {
  return encoded(a) == encoded(b);
}

}  // namespace assay::exchange
