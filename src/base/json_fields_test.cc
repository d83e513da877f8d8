#include "base/json_fields.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay {
namespace {

using nlohmann::json;
using Unknown = JsonFields::Unknown;

// The fault after `read` has read the text's object to its end.
std::string fault(const char* text, const JsonFields::Read& read, Unknown unknown = Unknown::refused) {
  const auto object = parse_json(text, "text");
  EXPECT_TRUE(object) << text;
  JsonFields fields(*object, "it", unknown);
  read(fields);
  const auto end = fields.finish();
  return end ? "" : end.error().message;
}

TEST(JsonFields, GiveWhatTheObjectHolds) {
  const auto object = parse_json(R"({"text": "ä", "integer": -3, "number": 2, "boolean": true, "null": null,
    "texts": ["a", ""], "integers": [1, -2], "inner": {"a": 1}, "list": [{"a": 2}, {"a": 3}]})",
                                 "text");
  JsonFields fields(*object, "it");
  EXPECT_EQ(fields.text("text"), "ä");
  EXPECT_EQ(fields.integer("integer"), -3);
  EXPECT_EQ(fields.number("number"), 2.0);
  EXPECT_TRUE(fields.boolean("boolean"));
  EXPECT_TRUE(fields.is_null("null"));
  EXPECT_EQ(fields.texts("texts"), (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(fields.integers("integers"), (std::vector<int64_t>{1, -2}));
  std::vector<int64_t> inner;
  const auto read = [&](JsonFields& each) { inner.push_back(each.integer("a")); };
  fields.nested("inner", read);
  EXPECT_EQ(fields.unread(), std::vector<std::string>{"list"});
  fields.each("list", read);
  EXPECT_EQ(inner, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_TRUE(fields.has("list"));
  EXPECT_FALSE(fields.has("other"));
  EXPECT_TRUE(fields.finish()) << fields.finish().error().message;
}

TEST(JsonFields, AFaultNamesObjectFieldValueAndExpectation) {
  using Fields = JsonFields;
  const std::tuple<const char*, Fields::Read, const char*> cases[] = {
      {"[]", [](Fields&) {}, "it is [], expected an object"},
      {"{}", [](Fields& f) { f.text("a"); }, "it: 'a' is missing, expected a text"},
      {"{}", [](Fields& f) { f.is_null("a"); }, "it: 'a' is missing, expected a value"},
      {R"({"a": 1})", [](Fields& f) { f.text("a"); }, "it: 'a' is 1, expected a text"},
      {R"({"a": "abc"})", [](Fields& f) { f.text("a", 1, 2); },
       R"(it: 'a' is "abc", expected a text of 1 to 2 bytes)"},
      {R"({"a": ""})", [](Fields& f) { f.text("a", 1, 2); },
       R"(it: 'a' is "", expected a text of 1 to 2 bytes)"},
      {R"({"a": 1.5})", [](Fields& f) { f.integer("a"); }, "it: 'a' is 1.5, expected an integer"},
      {R"({"a": 9223372036854775808})", [](Fields& f) { f.integer("a"); },
       "it: 'a' is 9223372036854775808, expected an integer"},
      {R"({"a": 3})", [](Fields& f) { f.integer("a", 4, 9); },
       "it: 'a' is 3, expected an integer from 4 to 9"},
      {R"({"a": 10})", [](Fields& f) { f.integer("a", 4, 9); },
       "it: 'a' is 10, expected an integer from 4 to 9"},
      {R"({"a": "1"})", [](Fields& f) { f.number("a"); }, R"(it: 'a' is "1", expected a number)"},
      {R"({"a": 1})", [](Fields& f) { f.boolean("a"); }, "it: 'a' is 1, expected true or false"},
      {R"({"a": {}})", [](Fields& f) { f.list("a"); }, "it: 'a' is {}, expected a list"},
      {R"({"a": [1, 2, 3]})", [](Fields& f) { f.list("a", 2); },
       "it: 'a' is a list of 3 entries, expected 2 at most"},
      {R"({"a": ["b", 1]})", [](Fields& f) { f.texts("a"); }, "it: 'a' holds 1, expected texts"},
      {R"({"a": ["bb"]})", [](Fields& f) { f.texts("a", 9, 0, 1); },
       R"(it: 'a' holds "bb", expected texts of 0 to 1 bytes)"},
      {R"({"a": [5, 2]})", [](Fields& f) { f.integers("a", 9, 3, 6); },
       "it: 'a' holds 2, expected integers from 3 to 6"},
      {R"({"a": [[]]})", [](Fields& f) { f.nested("a", [](Fields&) {}); },
       "it: a is [[]], expected an object"},
      {R"({"a": {"b": 1}})", [](Fields& f) { f.nested("a", [](Fields& in) { in.text("b"); }); },
       "it: a: 'b' is 1, expected a text"},
      {R"({"a": [{}, 7]})", [](Fields& f) { f.each("a", [](Fields&) {}); },
       "it: a[1] is 7, expected an object"},
      {R"({"a": [{"b": 1}]})", [](Fields& f) { f.each("a", [](Fields&) {}); }, "it: a[0]: unknown field 'b'"},
      {R"({"a": 1, "b": 2})", [](Fields& f) { f.integer("a"); }, "it: unknown field 'b'"},
  };
  for (const auto& [text, read, message] : cases) EXPECT_EQ(fault(text, read), message) << text;
}

TEST(JsonFields, TheFirstFaultIsKept) {
  const auto read = [](JsonFields& fields) {
    EXPECT_EQ(fields.text("a"), "");
    EXPECT_FALSE(fields.status());
    EXPECT_EQ(fields.integer("b"), 0) << "nothing is read after a fault";
    EXPECT_TRUE(fields.integers("c").empty());
    fields.fault("another");
    fields.refuse("b", "another");
  };
  EXPECT_EQ(fault(R"({"a": 1, "b": 2, "c": [3]})", read), "it: 'a' is 1, expected a text");
}

TEST(JsonFields, ReadersHaveFaultsOfTheirOwn) {
  const auto odd = [](std::string_view name) { return name == "one" ? std::optional(1) : std::nullopt; };
  EXPECT_EQ(fault(R"({"a": "one"})", [&](JsonFields& f) { EXPECT_EQ(f.named("a", odd, "one"), 1); }), "");
  EXPECT_EQ(fault(R"({"a": "two"})", [&](JsonFields& f) { EXPECT_EQ(f.named("a", odd, "one"), 0); }),
            R"(it: 'a' is "two", expected one)");
  const auto renamed = [](JsonFields& fields) {
    fields.set_where("it, " + fields.text("name"));
    fields.fault("is odd");
  };
  EXPECT_EQ(fault(R"({"name": "b"})", renamed), "it, b: is odd");
}

TEST(JsonFields, MayBeLeftOverWhereTheFormatLetsThem) {
  const auto read = [](JsonFields& fields) { fields.each("a", [](JsonFields&) {}); };
  EXPECT_EQ(fault(R"({"a": [{"c": 1}], "b": 2})", read, Unknown::allowed), "");
}

TEST(JsonFields, WhatIsShownIsShortAndOnOneLine) {
  const std::string long_text = json{{"a", std::string(5000, 'x') + "\n\x1b"}}.dump();
  const std::string message = fault(long_text.c_str(), [](JsonFields& fields) { fields.integer("a"); });
  EXPECT_LT(message.size(), 200U);
  const std::string odd = fault("{\"a\\nb\\u001b\": 1}", [](JsonFields&) {});
  EXPECT_EQ(odd, "it: unknown field 'a?b?'");
}

TEST(JsonFields, IntegersAreOf64Bits) {
  EXPECT_EQ(integer_of(json::parse("9223372036854775807")), INT64_MAX);
  EXPECT_EQ(integer_of(json::parse("-9223372036854775808")), INT64_MIN);
  for (const char* other : {"9223372036854775808", "18446744073709551615", "1.0", "\"1\"", "true", "null"})
    EXPECT_FALSE(integer_of(json::parse(other))) << other;
}

}  // namespace
}  // namespace assay
