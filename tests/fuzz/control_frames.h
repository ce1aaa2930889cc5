#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "weir/checkpoint/manifest.h"
#include "weir/cluster/job_talk.h"
#include "weir/cluster/messages.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/frames.h"
#include "weir/runtime/job_status.h"
#include "weir/runtime/share_report.h"

namespace weir::cluster {

/// Reads a control connection as both sides do, down to the statuses, orders and snapshots within messages. What was
/// read and is written again must be read as the same.
class ControlFrames {
 public:
  /// `piece`: how many bytes a read brings.
  static void read(std::string_view bytes, std::size_t piece) {
    FrameReader reader;
    try {
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.add(bytes.substr(at, piece));
        while (const auto frame = reader.next()) look_at(*frame);
      }
    } catch (const ExternalError&) {
      return;  // a frame that is too long: the connection is closed
    }
  }

 private:
  static void look_at(std::string_view frame) {
    std::optional<Message> message;
    try {
      message = decode_message(frame);
    } catch (const ExternalError&) {
      return;
    }
    WEIR_CHECK(!name_of(*message).empty());
    const std::string encoded = encode_message(*message);
    WEIR_CHECK(encode_message(decode_message(encoded)) == encoded);
    if (const auto* report = std::get_if<JobReport>(&*message))
      read_again(report->status, runtime::decode_status, runtime::encode_status);
    if (const auto* ended = std::get_if<JobEnded>(&*message))
      read_again(ended->status, runtime::decode_status, runtime::encode_status);
    if (const auto* talk = std::get_if<JobTalkBytes>(&*message)) look_at_talk(talk->bytes);
  }

  static void look_at_talk(std::string_view bytes) {
    const auto talk = read_again(bytes, decode_talk, encode_talk);
    if (!talk) return;
    if (const auto* begin = std::get_if<BeginTasks>(&*talk))
      read_again(
          begin->from, [](std::string_view file) { return checkpoint::decode_manifest(file, "file"); },
          checkpoint::encode_manifest);
    if (const auto* acknowledged = std::get_if<TaskAcknowledged>(&*talk))
      read_again(acknowledged->snapshot, decode_snapshot,
                 [](const TaskSnapshot& snapshot) { return encode_snapshot(snapshot, 1); });
    if (const auto* counted = std::get_if<TasksCounted>(&*talk))
      read_again(counted->report, runtime::decode_report, runtime::encode_report);
  }

  /// What the bytes say, if they say anything. Bytes are compared, since NaN is not equal to itself.
  template <class Decode, class Encode>
  static auto read_again(std::string_view bytes, Decode decode, Encode encode)
      -> std::optional<decltype(decode(bytes))> {
    try {
      auto value = decode(bytes);
      const std::string encoded = encode(value);
      WEIR_CHECK(encode(decode(encoded)) == encoded);
      return value;
    } catch (const CorruptionError&) {
      return std::nullopt;
    } catch (const UserError&) {
      return std::nullopt;  // another build's
    }
  }
};

}  // namespace weir::cluster
