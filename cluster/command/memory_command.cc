#include "memory_command.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "job_client.h"
#include "readable.h"
#include "table.h"

namespace weir::cluster {
namespace {

std::string bytes_of(const json::value& object, const char* field) {
  return readable_bytes(static_cast<std::uint64_t>(number_of(object, field)));
}

std::string count_of(const json::value& object, const char* field) { return std::to_string(number_of(object, field)); }

}  // namespace

ExitStatus show_memory(host::RealHost& host, const ClusterAddress& cluster, const std::string& id, bool json) {
  check_job_id(id);
  JobClient client(host, cluster);
  const json::value answer = client.get("/jobs/" + id + "/state");
  if (json) {
    host.print(StandardStream::kOut, json_text(answer) + "\n");
    return ExitStatus::kFine;
  }
  const json::array& operators = answer.at("operators").as_array();
  if (operators.empty()) {
    host.print(StandardStream::kOut, fmt::format("Job {} has no keyed state in memory.\n", id));
    return ExitStatus::kFine;
  }
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"OPERATOR"},
               {"STATE"},
               {"MEMORY", kRight},
               {"OF", kRight},
               {"ENTRIES", kRight},
               {"ON DISK", kRight},
               {"EVICTIONS", kRight},
               {"READ AHEAD", kRight},
               {"READ AT ONCE", kRight}});
  for (const json::value& of : operators) {
    const bool limited = number_of(of, "share") > 0;
    table.add({text_of(of, "name"), "", bytes_of(of, "bytes"), limited ? bytes_of(of, "share") : "-", "", "",
               count_of(of, "evictions"), count_of(of, "rows-read-ahead"), count_of(of, "rows-read-at-once")});
    for (const json::value& state : of.at("states").as_array())
      table.add({"", text_of(state, "name"), bytes_of(state, "bytes"), "", count_of(state, "entries"),
                 count_of(state, "entries-on-disk"), "", "", ""});
  }
  host.print(StandardStream::kOut, table.text(""));
  return ExitStatus::kFine;
}

}  // namespace weir::cluster
