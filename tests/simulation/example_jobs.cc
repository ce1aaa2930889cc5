#include "kit/example_jobs.h"

#include <charconv>

#include <weir/weir.h>

// Each example is a program of its own; here their job functions live side by side.
#define main main_of_the_example
namespace event_time_example {
#include "../../examples/event_time_word_count.cc"
}
namespace socket_window_example {
#include "../../examples/socket_window_word_count.cc"
}
#undef main

namespace weir::tests {

void event_time_word_count(Environment& env) { event_time_example::job(env); }
void socket_window_word_count(Environment& env) { socket_window_example::job(env); }

}  // namespace weir::tests
