#include "element_frames.h"

#include <cstdint>
#include <utility>

#include "weir/core/check.h"

namespace weir::runtime {
namespace {

constexpr std::string_view kType = "element";

}  // namespace

void encode_element(const Element& element, const std::vector<Exchange::Lane>& lanes, std::string& out) {
  out += static_cast<char>(element.kind);
  switch (element.kind) {
    case Element::Kind::kBatch: {
      const Exchange::Lane& lane = lanes[element.lane];
      out += static_cast<char>(element.lane);
      return lane.codec.encode(*element.batch, lane.hashes, out);
    }
    case Element::Kind::kWatermark:
      return detail::append_fixed(out, to_ms(element.watermark.time()));
    case Element::Kind::kBarrier:
      return detail::append_fixed(out, element.checkpoint.value());
    case Element::Kind::kIdle:
    case Element::Kind::kActive:
    case Element::Kind::kEnd:
      return;
    case Element::Kind::kSplit:
      break;
  }
  WEIR_CHECK(false, "a sign that never leaves its chain");
}

Element decode_element(Reader& in, const std::vector<Exchange::Lane>& lanes,
                       const std::function<BatchPtr(std::uint8_t lane)>& reuse) {
  const auto kind = static_cast<Element::Kind>(in.fixed<std::uint8_t>(kType));
  Element element;
  switch (kind) {
    case Element::Kind::kBatch: {
      const auto lane = in.fixed<std::uint8_t>(kType);
      if (lane >= lanes.size()) in.fail(kType, "is of a lane that does not exist");
      element.batch = lanes[lane].codec.decode(in, lanes[lane].hashes, lanes[lane].batch_size, reuse(lane));
      element.lane = lane;
      break;
    }
    case Element::Kind::kWatermark:
      element = Element::of(Watermark(timestamp_ms(in.fixed<std::int64_t>(kType))));
      break;
    case Element::Kind::kBarrier:
      element = Element::of(CheckpointId(in.fixed<std::uint64_t>(kType)));
      break;
    case Element::Kind::kIdle:
    case Element::Kind::kActive:
    case Element::Kind::kEnd:
      element = Element::sign(kind);
      break;
    case Element::Kind::kSplit:
    default:
      in.fail(kType, "is of a kind that does not exist");
  }
  if (in.remaining() != 0) in.fail(kType, "ends before its bytes do");
  return element;
}

}  // namespace weir::runtime
