#include <deque>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "rest/json_fields.h"
#include "rest/routes.h"

namespace weir::cluster {
namespace {

bool is_trigger(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Clients may give an operation its trigger id, so that asking twice begins it once.
class ClientTriggers {
 public:
  /// The trigger that the view knows: of the same request before, or what `begin` gives.
  std::string once(const JobId& job, const std::optional<std::string>& client,
                   const std::function<std::string()>& begin) {
    if (!client) return begin();
    if (!is_trigger(*client))
      throw RestError(400, fmt::format("triggerId: '{}' is none: it must be 32 hex digits in lower case", *client));
    const auto key = std::pair(job, *client);
    if (known_.contains(key)) return *client;
    known_.emplace(key, begin());
    order_.push_back(key);
    if (order_.size() > kKept) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    return *client;
  }

  std::string view_trigger(const JobId& job, const std::string& trigger) const {
    const auto found = known_.find(std::pair(job, trigger));
    return found == known_.end() ? trigger : found->second;
  }

 private:
  static constexpr std::size_t kKept = 1000;
  using Key = std::pair<JobId, std::string>;

  std::map<Key, std::string> known_;
  std::deque<Key> order_;
};

std::string begun(const JobEntry& job, const std::optional<std::string>& trigger) {
  if (!trigger) throw RestError(404, fmt::format("Job {} not found", job.id));
  return *trigger;
}

HttpResponse accepted(const std::string& trigger) { return json_response(202, {{"request-id", trigger}}); }

std::string directory_field(const json::object& body, const char* name) {
  const auto directory = text_field(body, name);
  if (!directory || directory->empty())
    throw RestError(400, fmt::format("'{}' is missing: the directory in which the savepoint is to be made", name));
  return *directory;
}

enum class Wanted : std::uint8_t { kSavepoint, kCheckpoint };

json::object operation_json(const OperationStatus& status, Wanted wanted) {
  if (status.state == OperationStatus::State::kInProgress) return {{"status", {{"id", "IN_PROGRESS"}}}};
  json::object operation;
  if (status.state == OperationStatus::State::kFailed) {
    operation[wanted == Wanted::kSavepoint ? "failure-cause" : "failureCause"] = {
        {"class", "weir"}, {"stack-trace", utf8(status.failure)}};
  } else if (wanted == Wanted::kSavepoint) {
    operation["location"] = utf8(status.location);
  } else {
    const bool is_number = !status.location.empty() && status.location.size() < 19 &&
                           status.location.find_first_not_of("0123456789") == std::string::npos;
    if (is_number)
      operation["checkpointId"] = std::stoll(status.location);
    else
      operation["location"] = utf8(status.location);
  }
  return {{"status", {{"id", "COMPLETED"}}}, {"operation", std::move(operation)}};
}

}  // namespace

void add_operation_routes(Router& router, ClusterView& view) {
  const auto triggers = std::make_shared<ClientTriggers>();

  router.add({.method = HttpMethod::kPatch,
              .pattern = "/jobs/:jobid",
              .access = Access::kChanges,
              .handle = [&view](const RestRequest& request, const Answer& answer) {
                const auto mode = request.query("mode").value_or("cancel");
                if (mode != "cancel")
                  throw RestError(400, fmt::format("mode '{}' is unknown: it can be cancel; to stop a job with a "
                                                   "savepoint, POST to its /stop",
                                                   mode));
                const JobEntry job = job_of(request, view);
                const bool known = view.cancel(job.id, [answer](const std::exception_ptr& error) {
                  answer(error ? response_of(error) : json_response(202, json::object()));
                });
                if (!known) throw RestError(404, fmt::format("Job {} not found", job.id));
              }});

  router.add({.method = HttpMethod::kPost,
              .pattern = "/jobs/:jobid/stop",
              .access = Access::kChanges,
              .handle = [&view, triggers](const RestRequest& request, const Answer& answer) {
                const JobEntry job = job_of(request, view);
                const json::object body = parse_json_object(request.http().body);
                if (flag_field(body, "drain").value_or(false))
                  throw RestError(400, "drain: a job that is stopped goes on later; it cannot be drained as well");
                const std::string directory = directory_field(body, "targetDirectory");
                answer(accepted(triggers->once(job.id, text_field(body, "triggerId"), [&] {
                  return begun(job, view.savepoint(job.id, directory, ClusterView::AfterSavepoint::kStops));
                })));
              }});

  router.add({.method = HttpMethod::kPost,
              .pattern = "/jobs/:jobid/savepoints",
              .access = Access::kChanges,
              .handle = [&view, triggers](const RestRequest& request, const Answer& answer) {
                const JobEntry job = job_of(request, view);
                const json::object body = parse_json_object(request.http().body);
                const std::string directory = directory_field(body, "target-directory");
                const auto after = flag_field(body, "cancel-job").value_or(false)
                                       ? ClusterView::AfterSavepoint::kStops
                                       : ClusterView::AfterSavepoint::kRunsOn;
                answer(accepted(triggers->once(job.id, text_field(body, "triggerId"),
                                               [&] { return begun(job, view.savepoint(job.id, directory, after)); })));
              }});

  router.add({.method = HttpMethod::kPost,
              .pattern = "/jobs/:jobid/checkpoints",
              .access = Access::kChanges,
              .handle = [&view, triggers](const RestRequest& request, const Answer& answer) {
                const JobEntry job = job_of(request, view);
                const json::object body = parse_json_object(request.http().body);
                const std::string type = text_field(body, "checkpointType").value_or("CONFIGURED");
                if (type != "CONFIGURED" && type != "INCREMENTAL")
                  throw RestError(400, fmt::format("checkpointType '{}' is unknown: it can be CONFIGURED or "
                                                   "INCREMENTAL; a savepoint is complete by itself",
                                                   type));
                answer(accepted(triggers->once(job.id, text_field(body, "triggerId"),
                                               [&] { return begun(job, view.checkpoint(job.id)); })));
              }});

  const auto add_poll = [&](const char* pattern, Wanted wanted) {
    router.get(pattern, [&view, triggers, wanted](const RestRequest& request) {
      const JobEntry job = job_of(request, view);
      const std::string& trigger = request.at("triggerid");
      const auto status = view.operation(job.id, triggers->view_trigger(job.id, trigger));
      if (!status) throw RestError(404, fmt::format("there is no operation {} of job {}", trigger, job.id));
      return operation_json(*status, wanted);
    });
  };
  add_poll("/jobs/:jobid/savepoints/:triggerid", Wanted::kSavepoint);
  add_poll("/jobs/:jobid/checkpoints/:triggerid", Wanted::kCheckpoint);
}

}  // namespace weir::cluster
