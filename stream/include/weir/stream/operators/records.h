#pragma once

#include <cstddef>
#include <exception>
#include <string>

#include "weir/core/batch.h"
#include "weir/core/error.h"
#include "weir/core/operator.h"
#include "weir/core/print_value.h"

namespace weir::detail {

/// A record that is wrong, named by the message itself: by its file and line.
class RecordError : public UserError {
 public:
  using UserError::UserError;
};

/// Throws an error that names the record at which user code threw; call from within a catch block.
/// Keeps the domain and retry of a weir::Error; what else was thrown may be tried again. A RecordError stays as it is.
[[noreturn]] void rethrow_at_record(const std::exception& error, std::size_t index, Timestamp timestamp,
                                    const std::string& record);

template <class T>
std::string describe_record(const T& value) {
  std::string text;
  if constexpr (Printable<T>) append_value(text, value);
  return text;
}

/// Calls handle(i) for the records from `from` on, until the output is full. An exception names its record.
template <class T, class Handle>
Progress for_each_record(Batch<T>& batch, std::size_t from, Outputs& out, Handle&& handle) {
  out.set_split(batch.split());
  std::size_t i = from;
  const std::size_t size = batch.size();
  try {
    for (; i < size; ++i) {
      if (out.full()) return {i, Stop::kOutputFull};
      handle(i);
    }
  } catch (const std::exception& error) {
    rethrow_at_record(error, i, batch.timestamps()[i], describe_record(batch[i]));
  }
  return {size, Stop::kDone};
}

}  // namespace weir::detail
