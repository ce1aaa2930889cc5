#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "weir/core/batch.h"
#include "weir/core/codec.h"
#include "weir/core/reader.h"

// How batches of records are written for another process:
//
//   number of records          varint, at least 1
//   timestamps, then hashes    8 bytes each, little-endian; hashes of keyed edges only
//   records                    one after the other, in the codec of values (codec.h)

namespace weir {

/// Whether the hashes of a batch's records mean something.
enum class WithHashes : bool { kNo, kYes };

/// Writes and reads batches of one type. Without functions: the type has no codec.
struct BatchCodec {
  /// Appends the batch. Errors: as encode_value().
  std::function<void(const BatchBase& batch, WithHashes hashes, std::string& out)> encode;
  /// The batch that encode() wrote: `reused`, if it has the room, else a new one. `reused` may be null. Errors:
  /// CorruptionError, also for more than `most` records.
  std::function<BatchPtr(Reader& in, WithHashes hashes, std::size_t most, BatchPtr reused)> decode;

  explicit operator bool() const { return encode != nullptr; }
};

namespace detail {

inline void encode_words(const void* words, std::size_t count, std::string& out) {
  out.append(static_cast<const char*>(words), count * 8);
}

template <class T>
void encode_batch(const Batch<T>& batch, WithHashes hashes, std::string& out) {
  append_varint(out, batch.size());
  encode_words(batch.timestamps(), batch.size(), out);
  if (hashes == WithHashes::kYes) encode_words(batch.hashes(), batch.size(), out);
  for (std::size_t i = 0; i < batch.size(); ++i) encode_value(batch[i], out);
}

template <class T>
BatchPtr decode_batch(Reader& in, WithHashes hashes, std::size_t most, BatchPtr reused) {
  constexpr std::string_view kType = "batch";
  const std::size_t count = in.count(8 + least_bytes<T>(), kType);
  if (count == 0) in.fail(kType, "has no records");
  if (count > most) in.fail(kType, "has more records than a batch holds");
  const std::string_view timestamps = in.take(count * 8, kType);
  const std::string_view keys = hashes == WithHashes::kYes ? in.take(count * 8, kType) : std::string_view{};
  if (reused == nullptr || reused->capacity() < count) reused = std::make_unique<Batch<T>>(count);
  auto& batch = static_cast<Batch<T>&>(*reused);
  batch.clear();
  const auto word = [](std::string_view words, std::size_t at) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, words.data() + at * 8, 8);
    return bits;
  };
  Reader values(in.take(in.remaining(), kType), &batch.arena());
  for (std::size_t i = 0; i < count; ++i) {
    const auto timestamp = Timestamp(Duration(static_cast<Duration::rep>(word(timestamps, i))));
    batch.push_filled(timestamp, keys.empty() ? 0 : word(keys, i), [&](T& value) { decode_value(values, value); });
  }
  if (values.remaining() != 0) values.fail(kType, "ends before its bytes do");
  return reused;
}

}  // namespace detail

/// The codec of batches of T; empty if T has none.
template <class T>
BatchCodec batch_codec() {
  if constexpr (Encodable<T>) {
    return {[](const BatchBase& batch, WithHashes hashes, std::string& out) {
              detail::encode_batch(static_cast<const Batch<T>&>(batch), hashes, out);
            },
            [](Reader& in, WithHashes hashes, std::size_t most, BatchPtr reused) {
              return detail::decode_batch<T>(in, hashes, most, std::move(reused));
            }};
  } else {
    return {};
  }
}

}  // namespace weir
