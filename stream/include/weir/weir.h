#pragma once

// Everything that a job needs.

#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/text.h"
#include "weir/core/time.h"
#include "weir/stream/environment.h"
#include "weir/stream/run.h"
#include "weir/stream/split.h"
#include "weir/stream/stream.h"
#include "weir/stream/watermarks.h"
#include "weir/stream/windows.h"
