#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What every *_fuzz.cc defines: bytes of any kind end in a result or in an error that is meant for them. Called by
/// libFuzzer, which looks for bytes that crash, hang or need too much memory, and by replay.cc with those of corpus/.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace weir::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace weir::fuzz
