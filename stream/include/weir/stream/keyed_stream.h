#pragma once

#include <utility>

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
auto Stream<T>::key_by(KeyFn key) const {
  constexpr bool fits = detail::FunctionOf<const KeyFn&, T>;
  static_assert(fits,
                "key_by needs a pointer to a member, or a function of a record: key_by(&Record::user), or "
                "key_by([](const Record& record) { return record.user; })");
  if constexpr (fits) {
    using Key = detail::KeyOf<KeyFn, T>;
    if constexpr (!KeyType<Key>) {
      static_assert(sizeof(detail::RequireKey<Key>) > 0);
    } else if constexpr (!detail::is_view(shape_of<Key>) && !detail::owns_its_bytes<Key>()) {
      static_assert(sizeof(detail::StoredKeyOf<Key>) > 0);
    } else {
      return KeyedStream<T, KeyFn>(*this, std::move(key));
    }
  }
}

}  // namespace weir

#include "weir/stream/windowed_stream.h"
