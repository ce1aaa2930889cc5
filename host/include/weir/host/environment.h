#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace weir::host {

/// The process's environment variables whose names start with "WEIR_", by their full names. Nobody else reads the
/// environment. Not while another thread changes it.
std::map<std::string, std::string> environment_variables();

/// Which process this is, for other processes' messages: "host:pid".
std::string process_name();
std::uint64_t process_id();

}  // namespace weir::host
