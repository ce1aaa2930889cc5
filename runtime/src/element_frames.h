#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/element.h"
#include "weir/core/reader.h"
#include "weir/runtime/exchange.h"

// A frame between two processes begins with a byte that says what it is:
//
//   1  an element   channel (varint), kind of element (1 byte), then
//                     batch      lane (1 byte), the batch (batch_codec.h)
//                     watermark  milliseconds (8 bytes, little-endian)
//                     barrier    checkpoint id (8 bytes, little-endian)
//                     others     nothing
//   2  credit       pairs of channel and number of elements (varints)

namespace weir::runtime {

enum class FrameKind : char { kElement = 1, kCredit = 2 };

/// Appends what comes behind the channel's number. Errors: as the lane's codec.
void encode_element(const Element& element, const std::vector<Exchange::Lane>& lanes, std::string& out);

/// `reuse(lane)` gives an emptied batch of that lane, or null. Errors: CorruptionError.
Element decode_element(Reader& in, const std::vector<Exchange::Lane>& lanes,
                       const std::function<BatchPtr(std::uint8_t lane)>& reuse);

}  // namespace weir::runtime
