#include "graph/operators.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/file.h"
#include "base/source_tree.h"

namespace assay::graph {
namespace {

constexpr std::string_view kBegin =
    "<!-- The table is checked against the registry by operators_test.cc -->\n";

std::string operand_list(const std::vector<Operand>& operands) {
  std::vector<std::string> names;
  for (const Operand& operand : operands)
    names.push_back(operand.name + (operand.constant ? "*" : "") + (operand.optional ? "?" : "") +
                    (operand.variadic ? "…" : ""));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string type_text(const AttributeRule& rule) {
  switch (rule.type) {
    case AttributeType::integer:
      return "int";
    case AttributeType::real:
      return "real";
    case AttributeType::integers:
      return "ints";
    case AttributeType::text:
      return rule.choices.empty() ? "text" : fmt::format("{}", fmt::join(rule.choices, " or "));
  }
  return "";
}

std::string attribute_list(const std::vector<AttributeRule>& rules) {
  std::vector<std::string> texts;
  for (const AttributeRule& rule : rules)
    texts.push_back(fmt::format("{}{}: {}", rule.name, rule.required ? "!" : "", type_text(rule)));
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string table() {
  std::string text = "| Operator | Inputs | Outputs | Attributes | Limits |\n|---|---|---|---|---|\n";
  for (const Operator& op : operators())
    text += fmt::format("| {} | {} | {} | {} | {} |\n", op.name, operand_list(op.inputs),
                        operand_list(op.outputs), attribute_list(op.attributes), op.limits);
  return text;
}

// The page is written anew with ASSAY_WRITE_DOCS=1 in the environment.
TEST(Operators, ThePageListsTheRegistry) {
  const std::string path = std::string(source_tree()) + "/docs/operators.md";
  const auto page = read_file(path);
  ASSERT_TRUE(page) << page.error().message;
  const size_t begin = page->find(kBegin);
  ASSERT_NE(begin, std::string::npos) << "docs/operators.md has no line " << kBegin;
  const std::string wanted = page->substr(0, begin) + std::string(kBegin) + table();
  if (std::getenv("ASSAY_WRITE_DOCS") != nullptr) {
    ASSERT_TRUE(write_file(path, wanted));
  }
  EXPECT_EQ(*read_file(path), wanted) << "run graph_test with ASSAY_WRITE_DOCS=1";
}

TEST(Operators, AreSortedAndWellFormed) {
  ASSERT_GT(operators().size(), 60U);
  for (size_t i = 0; i < operators().size(); ++i) {
    const Operator& op = operators()[i];
    if (i > 0) {
      EXPECT_LT(operators()[i - 1].name, op.name);
    }
    EXPECT_EQ(find_operator(op.name), &op);
    EXPECT_NE(op.infer, nullptr) << op.name;
    bool optional_before = false;
    for (const Operand& input : op.inputs) {
      EXPECT_FALSE(optional_before && !input.optional) << op.name << ": " << input.name;
      EXPECT_FALSE(input.variadic && &input != &op.inputs.back()) << op.name;
      optional_before = input.optional;
    }
    std::set<std::string> names;
    for (const AttributeRule& rule : op.attributes)
      EXPECT_TRUE(names.insert(rule.name).second) << op.name << ": " << rule.name;
  }
  EXPECT_EQ(find_operator("Nothing"), nullptr);
}

}  // namespace
}  // namespace assay::graph
