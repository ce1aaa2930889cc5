#include "rest/query_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

constexpr std::array<std::string_view, 4> kAggregations{"min", "max", "avg", "sum"};

std::set<std::string> aggregations(const RestRequest& request) {
  const auto asked = request.query_list("agg");
  if (asked.empty()) return {kAggregations.begin(), kAggregations.end()};
  for (const std::string& name : asked)
    if (std::find(kAggregations.begin(), kAggregations.end(), name) == kAggregations.end())
      throw RestError(400, fmt::format("agg: '{}' is unknown; there are {}", name, fmt::join(kAggregations, ", ")));
  return {asked.begin(), asked.end()};
}

json::object aggregate(const std::string& name, const std::vector<double>& values,
                       const std::set<std::string>& wanted) {
  double sum = 0;
  for (const double value : values) sum += value;
  json::object object{{"id", name}};
  if (wanted.contains("min")) object["min"] = *std::min_element(values.begin(), values.end());
  if (wanted.contains("max")) object["max"] = *std::max_element(values.begin(), values.end());
  if (wanted.contains("avg")) object["avg"] = sum / static_cast<double>(values.size());
  if (wanted.contains("sum")) object["sum"] = sum;
  return object;
}

}  // namespace

json::array metrics_json(const RestRequest& request, const std::vector<Metric>& metrics) {
  json::array all;
  if (!request.http().target.parameter("get")) {
    for (const Metric& metric : metrics) all.push_back(json::object{{"id", metric.name}});
    return all;
  }
  for (const std::string& name : request.query_list("get")) {
    const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& m) { return m.name == name; });
    if (found != metrics.end()) all.push_back({{"id", name}, {"value", utf8(value_text(*found))}});
  }
  return all;
}

json::array aggregated_metrics_json(const RestRequest& request, const std::vector<std::vector<Metric>>& metrics) {
  const auto wanted = aggregations(request);
  std::map<std::string, std::vector<double>> values;
  for (const auto& of_one : metrics)
    for (const Metric& metric : of_one)
      if (!std::holds_alternative<std::string>(metric.value)) values[metric.name].push_back(value_number(metric));
  json::array all;
  if (!request.http().target.parameter("get")) {
    for (const auto& [name, of_name] : values) all.push_back(json::object{{"id", name}});
    return all;
  }
  for (const std::string& name : request.query_list("get"))
    if (const auto found = values.find(name); found != values.end())
      all.push_back(aggregate(name, found->second, wanted));
  return all;
}

}  // namespace weir::cluster
