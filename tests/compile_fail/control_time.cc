// The headers, flags and include paths of a job compile by themselves.
#include <weir/core/ids.h>
#include <weir/core/time.h>

weir::Timestamp start(weir::Timestamp t) { return weir::align_down(t, std::chrono::seconds{5}); }
