#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/hash.h"
#include "weir/core/key_codec.h"

namespace weir::state {

/// A state about a current key that may have what it keeps of it read ahead.
class ReadsAhead {
 public:
  /// Not all that it keeps is in memory.
  virtual bool any_cold() const = 0;

  /// The current key will be asked for.
  virtual void want_current_key() = 0;

 protected:
  ReadsAhead() = default;
  ReadsAhead(const ReadsAhead&) = default;
  ReadsAhead& operator=(const ReadsAhead&) = default;
  ~ReadsAhead() = default;
};

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
    at_hand_ = true;
    if constexpr (kText) {
      key_ = key;
    } else {
      key_ = &key;
    }
  }

  /// From now on, until the next set(), no key is at hand.
  void forget() { at_hand_ = false; }

  /// Whether a key is at hand; lives as long as this.
  const bool& at_hand() const { return at_hand_; }

  KeyHash hash() const { return hash_; }

  /// `state` is told by want(). Requires: it lives as long as want() is called.
  void follow(ReadsAhead& state) const { followers_.push_back(&state); }

  /// Whether want() can make a difference.
  bool any_cold() const {
    return std::any_of(followers_.begin(), followers_.end(), [](const ReadsAhead* state) { return state->any_cold(); });
  }

  /// Has the states that follow read ahead what they have of the key.
  void want() const {
    for (ReadsAhead* state : followers_) state->want_current_key();
  }

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

  mutable std::vector<ReadsAhead*> followers_;
  KeyHash hash_ = 0;
  bool at_hand_ = false;
  std::conditional_t<kText, std::string_view, const K*> key_{};
};

}  // namespace weir::state
