// Messages to lines of JSON and back. Decoding is strict, since the other end is a program that may be broken
// or may lie: another version, another id, a field that is missing, unknown, twice there or of the wrong
// type, a number out of its range are each an error text that names the field. Texts from a runner come out
// sanitised and of bounded length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/messages.h"

namespace assay::protocol {

// A longer line is refused before it is parsed.
inline constexpr size_t kMostLineBytes = size_t{16} << 20;
// Most sets of an InputsRequest, and so steps of a StepsRequest.
inline constexpr int kMostSteps = 100'000;

// A message, or in words what is wrong with the line.
template <class T>
using Decoded = std::expected<T, std::string>;

// The method's name in JSON: "describe", "load", "inputs", "steps", "outputs", "close".
[[nodiscard]] std::string_view method(const Call& call);

// One line with its newline. Texts that are not UTF-8 have the offending bytes replaced.
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Reply& reply);

// A line without its newline. For runners written in C++.
[[nodiscard]] Decoded<Request> decode_request(std::string_view line);

// The id of a request, also of one that decode_request refuses; nothing when the line holds none.
[[nodiscard]] std::optional<int64_t> request_id(std::string_view line);

// The reply to `request`: its id must be the request's, its result that of the request's method, its samples
// as many as the steps asked for. For the core.
[[nodiscard]] Decoded<Reply> decode_reply(std::string_view line, const Request& request);

}  // namespace assay::protocol
