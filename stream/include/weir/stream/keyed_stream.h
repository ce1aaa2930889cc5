#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/key_codec.h"
#include "weir/stream/operators/window_operator.h"
#include "weir/stream/stream.h"
#include "weir/stream/windows.h"

namespace weir {

template <class T, class KeyFn>
class WindowedStream;

/// Records grouped by key: all records of a key meet in one subtask.
template <class T, class KeyFn>
class KeyedStream {
 public:
  using Key = StoredKey<detail::KeyOf<KeyFn, T>>;

  KeyedStream(Stream<T> stream, KeyFn key) : stream_(std::move(stream)), key_(std::move(key)) {}

  /// Groups further into windows, for an aggregation.
  WindowedStream<T, KeyFn> window(WindowLayout layout) const { return {stream_, key_, layout}; }

 private:
  Stream<T> stream_;
  KeyFn key_;
};

template <class T>
template <class KeyFn>
KeyedStream<T, KeyFn> Stream<T>::key_by(KeyFn key) const {
  static_assert(std::is_invocable_v<const KeyFn&, const T&>,
                "key_by needs a pointer to a member, or a function of a record: key_by(&Record::user), or "
                "key_by([](const Record& record) { return record.user; })");
  return {*this, std::move(key)};
}

}  // namespace weir

#include "weir/stream/windowed_stream.h"
