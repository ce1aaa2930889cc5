#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/cluster_view.h"
#include "weir/core/host.h"
#include "weir/runtime/local_job.h"

namespace weir::detail {

/// The job of this process, shown as a cluster that has nothing but it.
///
/// Thread: control loop only.
class EmbeddedView final : public cluster::ClusterView {
 public:
  using Configuration = std::vector<std::pair<std::string, std::string>>;

  /// `address`: where the page is. Requires: `host` and `job` outlive it.
  EmbeddedView(Host& host, runtime::LocalJob& job, cluster::JobId id, Configuration configuration);

  std::string version() const override;
  Configuration configuration() const override { return configuration_; }

  std::vector<cluster::JobEntry> jobs() const override;
  std::optional<cluster::JobEntry> job(const cluster::JobId& id) const override;
  std::vector<cluster::TaskManagerStatus> task_managers() const override;

  bool cancel(const cluster::JobId& id, Cancelled done) override;
  std::optional<std::string> checkpoint(const cluster::JobId& id) override;
  std::optional<std::string> savepoint(const cluster::JobId& id, const std::string& directory,
                                       AfterSavepoint after) override;
  std::optional<cluster::OperationStatus> operation(const cluster::JobId& id,
                                                    const std::string& trigger) const override;

  void add_program(const std::string& name, const std::string& file, Added done) override;
  bool remove_program(const std::string& id) override;
  void run(const cluster::RunRequest& request, Submitted done) override;

 private:
  /// What was asked for and how it gets on; the oldest are forgotten. Shared with callbacks.
  struct Operations {
    std::map<std::string, cluster::OperationStatus> by_trigger;
    std::deque<std::string> order;

    /// `failure` empty: it went well.
    void end(const std::string& trigger, const std::string& location, const std::string& failure);
  };

  cluster::JobEntry entry() const;
  std::string begin_operation();

  Host& host_;
  runtime::LocalJob& job_;
  const cluster::JobId id_;
  const Configuration configuration_;
  const std::shared_ptr<Operations> operations_ = std::make_shared<Operations>();
};

}  // namespace weir::detail
