#pragma once

#include "weir/stream/environment.h"

namespace weir::tests {

// The job functions of the examples, as they are shipped.
void event_time_word_count(Environment& env);
void socket_window_word_count(Environment& env);

}  // namespace weir::tests
