#pragma once

namespace weir::cluster {

/// For people, or for programs (--json): one document, or one object a line.
enum class OutputFormat { kText, kJson };

}  // namespace weir::cluster
