#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/state/cold_reads.h"
#include "weir/state/state_section.h"

namespace weir::state {

/// The rows in the cold store that one key of a state has: one for each sub-key, in their order. Rows that were erased
/// are left out. Calls block. Thread: task thread only.
template <class Sub>
class SubRows {
 public:
  /// Requires: the section may read; `context` outlives this.
  template <class Key>
  SubRows(const SectionContext& context, std::uint64_t key_hash, const Key& key) : reads_(*context.reads) {
    append_row_prefix({key_group_of(key_hash, context.key_groups), context.id, std::nullopt}, from_);
    encode_key(key, from_);
    to_ = from_.view();
    while (static_cast<unsigned char>(to_.back()) == 0xff) to_.pop_back();
    ++to_.back();
  }

  /// Calls bool f(Sub, row) until it answers false.
  template <class F>
  void scan(F&& f) const {
    reads_.scan(from_.view(), to_,
                [&](std::string_view row_key, std::string_view row) { return f(sub_of(row_key), row); });
  }

  /// The same from this sub-key on.
  template <class F>
  void scan_from(const Sub& first, F&& f) const {
    KeyBuffer from;
    from.append(from_.view().data(), from_.view().size());
    encode_key(first, from);
    reads_.scan(from.view(), to_,
                [&](std::string_view row_key, std::string_view row) { return f(sub_of(row_key), row); });
  }

  std::optional<Sub> first() const {
    std::optional<Sub> first;
    scan([&](Sub sub, std::string_view) {
      first = std::move(sub);
      return false;
    });
    return first;
  }

  /// The last one, erased or not.
  std::optional<Sub> last() const {
    const std::optional<std::string> row_key = reads_.last_key(from_.view(), to_);
    return row_key ? std::optional<Sub>(sub_of(*row_key)) : std::nullopt;
  }

 private:
  Sub sub_of(std::string_view row_key) const {
    row_key.remove_prefix(from_.size());
    return decode_key<Sub>(row_key);
  }

  ColdReads& reads_;
  KeyBuffer from_;
  std::string to_;
};

}  // namespace weir::state
