#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "weir/core/reader.h"
#include "weir/core/schema.h"

namespace weir {

/// How to get past encoded values of a schema whose types may be gone. Immutable.
class WrittenValue {
 public:
  /// Gets past a value of what has a Codec of its own, by the name that it gave.
  using Customs = std::map<std::string, std::function<void(Reader&)>, std::less<>>;

  /// A part without a known end makes unknown() tell.
  WrittenValue(const Schema& schema, const Customs& customs);

  /// The first type of which nobody knows where its values end; empty: none.
  const std::string& unknown() const { return unknown_; }

  /// Takes one value. Requires: unknown() is empty. Errors: CorruptionError.
  void skip(Reader& in) const;

 private:
  void set_scalar(const std::string& type);
  void fold();

  Schema::Kind kind_;
  std::size_t fixed_ = 0;  ///< bytes of every value; 0: not always the same
  bool text_ = false;
  std::size_t elements_ = 0;  ///< of an array
  std::vector<WrittenValue> parts_;
  std::function<void(Reader&)> custom_;
  std::string unknown_;
};

}  // namespace weir
