// A thin, checked layer over SQLite's C interface: a connection, and statements that bind and read by
// position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace assay::store {

class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), path_(std::move(other.path_)) {}
  Statement& operator=(Statement&&) = delete;

  // Binds the next parameter.
  Statement& bind(int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  Statement& bind(const std::string& value) { return bind(std::string_view(value)); }
  Statement& bind(std::span<const std::byte> value);
  Statement& bind(std::optional<int64_t> value);
  Statement& bind(std::optional<double> value);
  Statement& bind(const std::optional<std::string>& value);

  // Runs to the next row: true when there is one. Fails (environment) with SQLite's reason and what to do.
  [[nodiscard]] Result<bool> next();

  // Columns of the current row, counted from 0. NULL is absent, 0 or empty.
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] std::optional<int64_t> integer_or_null(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::optional<double> real_or_null(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* statement, std::string path) : statement_(statement), path_(std::move(path)) {}
  sqlite3_stmt* statement_;
  std::string path_;
  int bound_ = 0;
};

class Database {
 public:
  // Opens or creates the file; waits up to 10 s for locks.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path);
  // The same of a file that is there and can only be read.
  [[nodiscard]] static Result<Database> open_to_read(const std::filesystem::path& path);
  // A copy in memory, which can be written.
  [[nodiscard]] Result<Database> copied() const;
  ~Database();
  Database(Database&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}
  Database& operator=(Database&&) = delete;

  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // Runs one or several statements without parameters.
  [[nodiscard]] Result<> run(const std::string& sql);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  sqlite3* handle_;
  std::string path_;
};

}  // namespace assay::store
