#include "weir/core/hash.h"

namespace weir {

std::uint64_t hash_bytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

namespace detail {

namespace {

struct HashStream {
  HashStream() { XXH3_64bits_reset(&state); }
  void append(const void* bytes, std::size_t size) { XXH3_64bits_update(&state, bytes, size); }
  XXH3_state_t state;
};

}  // namespace

KeyHash hash_text_key(std::string_view text) {
  char encoded[256];
  if (text.size() + sizeof(kTextEnd) <= sizeof(encoded) && text.find('\0') == std::string_view::npos) {
    text.copy(encoded, text.size());
    std::memcpy(encoded + text.size(), kTextEnd, sizeof(kTextEnd));
    return XXH3_64bits(encoded, text.size() + sizeof(kTextEnd));
  }
  HashStream stream;
  append_key_text(text, stream);
  return XXH3_64bits_digest(&stream.state);
}

}  // namespace detail

}  // namespace weir
