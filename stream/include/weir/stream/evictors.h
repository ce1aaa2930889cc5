#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/fields.h"
#include "weir/core/time.h"
#include "weir/stream/windows.h"

// Evictors take elements out of a window that fires, and out of its state with that. One of one's own is a struct with
// one or both of:
//
//   void evict_before(std::vector<Timestamped<T>>&, const Window&, const EvictorContext&) const;  // the window
//   function void evict_after(std::vector<Timestamped<T>>&, const Window&, const EvictorContext&) const;
//
// which erase what is to go. A window in which nothing is left before the window function gives no result.

namespace weir {

/// An element of a window with its time: in windows of processing time, that at which it came.
template <class T>
struct Timestamped {
  Timestamp timestamp{};
  T value{};

  friend constexpr auto weir_fields(FieldsOf<Timestamped>) {
    return detail::make_fields<&Timestamped::timestamp, &Timestamped::value>("Timestamped", "timestamp, value");
  }
};

/// What time it is for an evictor.
struct EvictorContext {
  Watermark watermark;
  Timestamp processing_time;
};

/// Whether an evictor comes before the window function or after it.
enum class Evict : std::uint8_t { kBefore, kAfter };

namespace detail {

/// Evicts what `Keep` does not keep: keep(elements) erases it.
template <class Keep>
class KeepingEvictor {
 public:
  KeepingEvictor(Keep keep, Evict when) : keep_(keep), when_(when) {}

  template <class T>
  void evict_before(std::vector<Timestamped<T>>& elements, const Window&, const EvictorContext&) const {
    if (when_ == Evict::kBefore) keep_(elements);
  }
  template <class T>
  void evict_after(std::vector<Timestamped<T>>& elements, const Window&, const EvictorContext&) const {
    if (when_ == Evict::kAfter) keep_(elements);
  }

 private:
  Keep keep_;
  Evict when_;
};

struct KeepLast {
  std::size_t count;

  template <class T>
  void operator()(std::vector<Timestamped<T>>& elements) const {
    if (elements.size() <= count) return;
    elements.erase(elements.begin(), elements.end() - static_cast<std::ptrdiff_t>(count));
  }
};

struct KeepRecent {
  Duration time;

  template <class T>
  void operator()(std::vector<Timestamped<T>>& elements) const {
    Timestamp latest = Timestamp::min();
    for (const auto& element : elements) latest = std::max(latest, element.timestamp);
    std::erase_if(elements, [&](const auto& element) { return element.timestamp <= latest - time; });
  }
};

struct NoEvictor {};

template <class Evictor, class T>
concept EvictsBefore = requires(const Evictor& evictor, std::vector<Timestamped<T>>& elements, const Window& window,
                                const EvictorContext& context) { evictor.evict_before(elements, window, context); };
template <class Evictor, class T>
concept EvictsAfter = requires(const Evictor& evictor, std::vector<Timestamped<T>>& elements, const Window& window,
                               const EvictorContext& context) { evictor.evict_after(elements, window, context); };

}  // namespace detail

/// Keeps the last `count` elements, in the order in which they came.
struct CountEvictor {
  /// Errors: UserError for a negative count.
  static detail::KeepingEvictor<detail::KeepLast> of(std::int64_t count, Evict when = Evict::kBefore);
};

/// Keeps elements whose time is less than `keep` before the latest of the window.
struct TimeEvictor {
  /// Errors: UserError unless `keep` is from 1 ms to 1e14 ms.
  static detail::KeepingEvictor<detail::KeepRecent> of(Duration keep, Evict when = Evict::kBefore);
};

}  // namespace weir
