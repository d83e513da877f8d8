#include "mutator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace assay::fuzz {
namespace {

using namespace std::string_view_literals;

// What readers of numbers stumble over.
constexpr std::array kNumbers = {"0"sv,
                                 "-1"sv,
                                 "1"sv,
                                 "2"sv,
                                 "1.5"sv,
                                 "1e999"sv,
                                 "-0"sv,
                                 "0x10"sv,
                                 "NaN"sv,
                                 "00"sv,
                                 "Infinity"sv,
                                 "2147483648"sv,
                                 "4294967295"sv,
                                 "9223372036854775807"sv,
                                 "9223372036854775808"sv,
                                 "18446744073709551615"sv,
                                 "18446744073709551616"sv,
                                 "100000000000000000000000"sv};
// And readers of text: nothing, NUL, half a surrogate pair, bytes that are no UTF-8, marks that turn or hide
// what is shown.
constexpr std::array kTokens = {"null"sv,
                                "true"sv,
                                "[]"sv,
                                "{}"sv,
                                "\"\""sv,
                                "\"\\u0000\""sv,
                                "\"\\ud800\""sv,
                                "\xff\xfe"sv,
                                "\0"sv,
                                "\xef\xbb\xbf"sv,
                                "\r\n"sv,
                                "\n"sv,
                                "\x1b[2J"sv,
                                "\xe2\x80\xae"sv,
                                "\xe2\x80\xa8"sv,
                                ","sv,
                                ":"sv,
                                "\""sv,
                                "\\"sv,
                                "{"sv,
                                "}"sv,
                                "["sv,
                                "]"sv,
                                "\"F32\""sv,
                                "\"../../x\""sv,
                                "\"__metadata__\""sv};
constexpr std::array<size_t, 4> kDepths = {3, 100, 3000, 200'000};
constexpr size_t kMostGrowth = size_t{1} << 20;

struct Span {
  size_t begin = 0;
  size_t size = 0;
};

bool in_number(char letter) {
  return std::isdigit(static_cast<unsigned char>(letter)) != 0 || letter == '-' || letter == '.';
}

// The run of a number around or after a place; empty when there is none.
Span number_at(const std::string& text, size_t from) {
  size_t begin = from;
  while (begin < text.size() && !in_number(text[begin])) ++begin;
  size_t end = begin;
  while (end < text.size() && in_number(text[end])) ++end;
  return {begin, end - begin};
}

// The first text in quotes after a place, quotes included; empty when there is none.
Span string_at(const std::string& text, size_t from) {
  const size_t begin = text.find('"', from);
  if (begin == std::string::npos) return {};
  const size_t end = text.find('"', begin + 1);
  return end == std::string::npos ? Span{} : Span{begin, end + 1 - begin};
}

}  // namespace

std::string Mutator::operator()(std::string_view valid) {
  std::string text(valid);
  for (uint64_t left = 1 + random_.below(4); left > 0; --left) change(text);
  return text;
}

void Mutator::change(std::string& text) {
  static constexpr std::array kChanges = {&Mutator::flip,           &Mutator::drop,
                                          &Mutator::repeat,         &Mutator::insert,
                                          &Mutator::replace_number, &Mutator::replace_number,
                                          &Mutator::replace_string, &Mutator::exchange_strings};
  switch (random_.below(100)) {  // the large ones are rare, for they are slow
    case 0:
      return nest(text);
    case 1:
      return grow(text);
    default:
      return (this->*kChanges[random_.below(kChanges.size())])(text);
  }
}

void Mutator::flip(std::string& text) {
  if (text.empty()) return;
  char& letter = text[random_.below(text.size())];
  letter = static_cast<char>(static_cast<unsigned char>(letter) ^ (1U << random_.below(8)));
}

void Mutator::drop(std::string& text) {
  const size_t begin = place(text);
  text.erase(begin, random_.below(16) == 0 ? std::string::npos : random_.below(32));
}

void Mutator::repeat(std::string& text) {
  const size_t begin = place(text);
  text.insert(place(text), std::string(text, begin, random_.below(64)));
}

void Mutator::insert(std::string& text) { text.insert(place(text), kTokens[random_.below(kTokens.size())]); }

void Mutator::replace_number(std::string& text) {
  const Span span = number_at(text, place(text));
  text.replace(span.begin, span.size, kNumbers[random_.below(kNumbers.size())]);
}

void Mutator::replace_string(std::string& text) {
  const Span span = string_at(text, place(text));
  if (span.size > 0) text.replace(span.begin, span.size, kTokens[random_.below(kTokens.size())]);
}

void Mutator::exchange_strings(std::string& text) {
  Span first = string_at(text, place(text)), second = string_at(text, place(text));
  if (first.begin > second.begin) std::swap(first, second);
  if (first.size == 0 || first.begin + first.size > second.begin) return;
  const std::string left(text, first.begin, first.size), right(text, second.begin, second.size);
  text.replace(second.begin, second.size, left);
  text.replace(first.begin, first.size, right);
}

void Mutator::nest(std::string& text) {
  const size_t depth = kDepths[random_.below(kDepths.size())];
  static constexpr std::array kOpenings = {"["sv, "{\"a\":"sv};
  const std::string_view opening = kOpenings[random_.below(kOpenings.size())];
  std::string nested;
  for (size_t i = 0; i < depth; ++i) nested += opening;
  const Span span = number_at(text, place(text));
  if (random_.below(2) == 0) nested += "1" + std::string(depth, opening[0] == '[' ? ']' : '}');
  text.replace(span.begin, span.size, nested);
}

void Mutator::grow(std::string& text) {
  const char letter = " x[0\n\0"[random_.below(6)];
  text.insert(place(text), random_.below(kMostGrowth), letter);
}

}  // namespace assay::fuzz
