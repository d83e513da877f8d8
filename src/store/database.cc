#include "store/database.h"

#include <sqlite3.h>

#include <utility>

namespace assay::store {
namespace {

// SQLite's reason as an error that says what to do next.
std::unexpected<Error> failure(const std::string& path, int code, const char* reason) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(ErrorKind::environment,
                  "{}: the store is locked by another process; wait until it ends, or set ASSAY_STORE", path);
    case SQLITE_FULL:
      return fail(ErrorKind::environment,
                  "{}: the disk is full; what was stored before is safe. Free space, or set ASSAY_STORE",
                  path);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return fail(ErrorKind::environment,
                  "{}: the store cannot be written ({}); set ASSAY_STORE to another file", path, reason);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fail(ErrorKind::environment,
                  "{}: is no Assay store, or damaged ({}); move it away, or set ASSAY_STORE", path, reason);
    default:
      return fail(ErrorKind::environment, "{}: the store failed: {}", path, reason);
  }
}

// For the path of a URI.
std::string percent_encoded(const std::string& path) {
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || std::string_view("/._-~").contains(c);
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text64(statement_, ++bound_, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::span<const std::byte> value) {
  sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : static_cast<const void*>(value.data()),
                      value.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::optional<int64_t> value) {
  if (value) return bind(*value);
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Statement& Statement::bind(std::optional<double> value) {
  if (value) return bind(*value);
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Statement& Statement::bind(const std::optional<std::string>& value) {
  return value ? bind(std::string_view(*value)) : bind(std::optional<double>());
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(path_, code, sqlite3_errmsg(sqlite3_db_handle(statement_)));
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<int64_t> Statement::integer_or_null(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::optional<double> Statement::real_or_null(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return real(column);
}

std::optional<std::string> Statement::text_or_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL ? std::nullopt : std::optional(text(column));
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data, data == nullptr ? 0 : static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<Database> Database::open(const std::filesystem::path& path) {
  std::error_code ec;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ec);
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(handle, path.string());
  if (code != SQLITE_OK)
    return failure(path.string(), code, handle == nullptr ? "out of memory" : sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, 10'000);
  return database;
}

Result<Database> Database::open_to_read(const std::filesystem::path& path) {
  std::error_code ec, no_log;
  const auto pending = std::filesystem::file_size(path.string() + "-wal", no_log);
  // A log holds what the file does not; to read it SQLite needs a file of its own beside it. Without a log
  // the file is all there is, and "immutable" has SQLite do without.
  const std::string uri = "file:" + percent_encoded(std::filesystem::absolute(path, ec).string()) +
                          (!no_log && pending > 0 ? "?mode=ro" : "?mode=ro&immutable=1");
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  Database database(handle, path.string());
  if (code != SQLITE_OK)
    return fail(ErrorKind::environment, "{}: the store cannot be read: {}", path.string(),
                handle == nullptr ? "out of memory" : sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, 10'000);
  return database;
}

Result<Database> Database::copied() const {
  sqlite3* handle = nullptr;
  int code = sqlite3_open(":memory:", &handle);
  Database copy(handle, path_);
  if (code == SQLITE_OK) {
    sqlite3_backup* backup = sqlite3_backup_init(handle, "main", handle_, "main");
    sqlite3_backup_step(backup, -1);
    code = sqlite3_backup_finish(backup);
  }
  if (code != SQLITE_OK)
    return fail(ErrorKind::environment, "{}: the store cannot be read: {}", path_, sqlite3_errmsg(handle));
  return copy;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return failure(path_, code, sqlite3_errmsg(handle_));
  return Statement(statement, path_);
}

Result<> Database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(path_, code, sqlite3_errmsg(handle_));
  return {};
}

}  // namespace assay::store
