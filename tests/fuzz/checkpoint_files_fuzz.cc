// What may lie in a checkpoint directory: log entries and manifests, with checksums that are right and wrong.

#include <string>

#include "weir/checkpoint/log_entry.h"
#include "weir/checkpoint/manifest.h"
#include "weir/core/check.h"
#include "weir/core/error.h"

#include "fuzz_target.h"
#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr SealedFormat kLogEntry{"WEIRLOGE", 1, "checkpoint log entry"};
constexpr SealedFormat kManifest{"WEIRMANI", 1, "checkpoint manifest"};

void read_log_entry(const std::string& file) {
  const LogEntry entry = decode_log_entry(file, "file");
  WEIR_CHECK(!to_string(entry).empty());
  WEIR_CHECK(decode_log_entry(encode_log_entry(entry), "file") == entry);
}

void read_manifest(const std::string& file) {
  const Manifest manifest = decode_manifest(file, "file");
  // NaN is not equal to itself, so their bytes are compared.
  const std::string encoded = encode_manifest(manifest);
  WEIR_CHECK(encode_manifest(decode_manifest(encoded, "file")) == encoded);
  state_bytes(manifest);
}

}  // namespace
}  // namespace weir::checkpoint

/// The first byte tells what the others are: a body, which gets its envelope here, or a whole file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::checkpoint;
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        read_log_entry(seal(kLogEntry, bytes));
        break;
      case 1:
        read_manifest(seal(kManifest, bytes));
        break;
      case 2:
        read_log_entry(std::string(bytes));
        break;
      default:
        read_manifest(std::string(bytes));
        break;
    }
  } catch (const CorruptionError&) {
    return 0;
  } catch (const UserError&) {
    return 0;  // another version
  }
  return 0;
}
