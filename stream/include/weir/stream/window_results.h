#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace weir {

template <class T>
class Stream;

/// A stream of window results, and the records that came too late for any window.
template <class R, class T>
class WindowResults : public Stream<R> {
 public:
  WindowResults(Stream<R> results, Stream<T> late) : Stream<R>(std::move(results)), late_(std::move(late)) {}

  /// Records that came after all their windows were gone; without a consumer they are counted and dropped.
  Stream<T> late() const { return late_; }

  WindowResults name(std::string name) const {
    Stream<R>::name(std::move(name));
    return *this;
  }
  WindowResults parallelism(std::uint32_t parallelism) const {
    Stream<R>::parallelism(parallelism);
    return *this;
  }

 private:
  Stream<T> late_;
};

}  // namespace weir
