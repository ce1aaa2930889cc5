#pragma once

#include <cstdint>
#include <string>

#include "http/message.h"

namespace weir::cluster {

enum class AfterResponse : std::uint8_t { kStays, kCloses };

/// The status line and fields of a response, with its length, what becomes of the connection, and what keeps a browser
/// from using it for anything else.
std::string response_head(const HttpResponse& response, AfterResponse after);

}  // namespace weir::cluster
