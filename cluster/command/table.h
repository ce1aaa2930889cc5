#pragma once

#include <string>
#include <vector>

namespace weir::cluster {

/// Columns under their titles, for reading: two spaces apart, numbers to the right. No space ends a line.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Requires: as many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// Lines that begin with `indent`, each ended.
  std::string text(const std::string& indent) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::cluster
