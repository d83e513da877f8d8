#include <fmt/ranges.h>

#include <array>

#include "base/file.h"
#include "base/toml_reader.h"
#include "claims/claim.h"

namespace assay::claims {
namespace fs = std::filesystem;
namespace {

constexpr std::array kKinds = {std::pair{std::string_view("ratio"), Kind::ratio},
                               std::pair{std::string_view("footprint"), Kind::footprint},
                               std::pair{std::string_view("linkage"), Kind::linkage},
                               std::pair{std::string_view("error"), Kind::error},
                               std::pair{std::string_view("failure"), Kind::failure}};

Result<Group> read_group(const toml::table* table, const fs::path& file, const std::string& where) {
  if (table == nullptr) return Group();
  TableReader reader(*table, file, where);
  Group group{reader.text_or("framework", ""), reader.text_or("variant", ""), reader.text_or("device", ""),
              reader.text_or("language", "")};
  ASSAY_TRY_VOID(reader.finish());
  return group;
}

Result<Machine> read_machine(const toml::table* table, const fs::path& file) {
  if (table == nullptr) return Machine();
  TableReader reader(*table, file, "[machine]");
  Machine machine{reader.text_or("cpu", ""), reader.text_or("gpu", ""), reader.text_or("os", "")};
  ASSAY_TRY_VOID(reader.finish());
  return machine;
}

Kind kind_of(TableReader& reader) {
  const std::string text = reader.text("kind");
  std::vector<std::string> known;
  for (const auto& [word, kind] : kKinds) {
    if (word == text) return kind;
    known.emplace_back(word);
  }
  reader.set_fault("key \"kind\" must be one of {}, not \"{}\"", fmt::join(known, ", "), text);
  return Kind::ratio;
}

Result<Query> read_query(const toml::table& table, const fs::path& file) {
  TableReader reader(table, file, "[query]");
  Query query;
  query.kind = kind_of(reader);
  query.models = reader.texts("models");
  query.workloads = reader.texts("workloads");
  query.factor = reader.number_or_none("factor").value_or(1);
  query.least_mb = reader.number_or_none("least_mb").value_or(0);
  query.most_mb = reader.number_or_none("most_mb").value_or(0);
  query.is = reader.text_or("is", "");
  const toml::table* subject = reader.table("subject");
  const toml::table* against = reader.table("against");
  if (subject == nullptr) reader.set_fault("[query.subject] is missing: of whom is it said?");
  const bool compares = query.kind == Kind::ratio || query.kind == Kind::error;
  if (compares != (against != nullptr))
    reader.set_fault("[query.against] goes with kind \"ratio\" and \"error\", and with no other");
  if (query.kind == Kind::footprint && query.most_mb <= query.least_mb)
    reader.set_fault("kind \"footprint\" needs \"most_mb\" above \"least_mb\"");
  if ((query.kind == Kind::linkage) == query.is.empty())
    reader.set_fault("key \"is\" goes with kind \"linkage\"");
  ASSAY_TRY(query.subject, read_group(subject, file, "[query.subject]"));
  ASSAY_TRY(query.against, read_group(against, file, "[query.against]"));
  ASSAY_TRY_VOID(reader.finish());
  return query;
}

Result<Claim> read_claim(const fs::path& file) {
  ASSAY_TRY(const std::string text, read_file(file));
  ASSAY_TRY(const toml::table table, parse_toml(file, text));
  TableReader reader(table, file, "");
  Claim claim;
  claim.name = file.stem().string();
  claim.text = reader.text("claim");
  claim.source = reader.text("source");
  claim.url = reader.text_or("url", "");
  ASSAY_TRY(claim.machine, read_machine(reader.table("machine"), file));
  const toml::table* query = reader.table("query");
  if (query == nullptr) reader.set_fault("[query] is missing: what is to be looked at?");
  if (query != nullptr) {
    ASSAY_TRY(claim.query, read_query(*query, file));
  }
  ASSAY_TRY_VOID(reader.finish());
  return claim;
}

// "framework plain, device mps"
std::string joined(std::initializer_list<std::pair<std::string_view, const std::string&>> parts) {
  std::vector<std::string> words;
  for (const auto& [name, value] : parts)
    if (!value.empty()) words.push_back(fmt::format("{} {}", name, value));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

Result<std::vector<Claim>> read_claims(const fs::path& folder) {
  std::error_code ec;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (it->path().extension() == ".toml") files.push_back(it->path());
  if (ec) return fail(ErrorKind::data, "{}: cannot be listed: {}", folder.string(), ec.message());
  std::ranges::sort(files);
  std::vector<Claim> claims;
  for (const fs::path& file : files) {
    ASSAY_TRY(Claim claim, read_claim(file));
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::string words(const Group& group) {
  return joined({{"framework", group.framework},
                 {"variant", group.variant},
                 {"device", group.device},
                 {"language", group.language}});
}

std::string words(const Machine& machine) {
  return joined({{"CPU", machine.cpu}, {"GPU", machine.gpu}, {"system", machine.os}});
}

}  // namespace assay::claims
