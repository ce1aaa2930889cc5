// What peers send on the connections of a cluster: control, exchange, and the hello that begins an exchange's.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "control_frames.h"
#include "exchange_frames.h"
#include "exchange_hello.h"
#include "fuzz_target.h"

/// The first byte tells the connection, the second how many bytes a read brings.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{data[1]} + 1;
  const std::string_view bytes = weir::fuzz::text_of(data + 2, size - 2);
  switch (data[0] % 4) {
    case 0:
      weir::fuzz::ExchangeFrames().read(bytes, piece);
      break;
    case 1:
      weir::cluster::GreetedDoor().read(bytes, piece);
      break;
    default:
      weir::cluster::ControlFrames::read(bytes, piece);
      break;
  }
  return 0;
}
