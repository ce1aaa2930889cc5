#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/hash.h"
#include "weir/core/key_codec.h"

namespace weir::state {

/// The key of the record or timer that an operator handles just now; what the states that share it are about.
///
/// Borrows the key. Thread: task thread only.
template <class K>
class CurrentKey {
 public:
  /// std::string_view for texts: no string is made for a key that is there already.
  using View = std::conditional_t<std::is_same_v<K, std::string>, std::string_view, K>;

  /// `hash` is hash_key(key). Requires: `key`, or the bytes that it views, lives until the next set().
  void set(KeyHash hash, const View& key) {
    hash_ = hash;
    if constexpr (kText) {
      key_ = key;
    } else {
      key_ = &key;
    }
  }

  KeyHash hash() const { return hash_; }

  /// Requires: set() was called.
  const View& key() const {
    if constexpr (kText) {
      return key_;
    } else {
      return *key_;
    }
  }

 private:
  static constexpr bool kText = std::is_same_v<K, std::string>;

  KeyHash hash_ = 0;
  std::conditional_t<kText, std::string_view, const K*> key_{};
};

}  // namespace weir::state
