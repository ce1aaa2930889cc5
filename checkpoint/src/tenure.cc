#include "tenure.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/local_leftovers.h"
#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"

#include "lock_holder.h"
#include "lost_log.h"
#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr AppendPoints kTakeoverPoints{"restore: takeover written", "restore: takeover linked", {}};
constexpr AppendPoints kCompletedPoints{"checkpoint: completed written", "checkpoint: completed linked",
                                        "checkpoint: completed directory synced"};
constexpr AppendPoints kFinishedPoints{{}, "end: finished linked", {}};

/// Where a job's directory goes before its files are removed one by one.
std::string removed_directory(const Layout& layout) { return layout.directory() + ".removed"; }

}  // namespace

Tenure::Tenure(Host& host, Options options, CoordinatedJob job)
    : host_(host),
      options_(std::move(options)),
      job_(std::move(job)),
      layout_(options_.directory, options_.job),
      log_(host, layout_, options_.job),
      store_(std::make_shared<const Store>(host, layout_)) {
  standing_.writer = WriterId(host.random() | 1);  // 0 is nobody
}

Opened Tenure::begin() {
  for (;;) {
    make_directories();
    if (lock_ == nullptr) lock();
    Findings findings = look(options_.restore);
    host_.crash_point("restore: log read");
    std::optional<Savepoint> savepoint;
    std::vector<std::string> warnings;
    switch (findings.decision.kind) {
      case RestoreDecision::Kind::kFinished: {
        // Nobody will take it over any more, who would do this.
        Opened finished{Opened::Kind::kFinished, nullptr, {}};
        tidy_up(finished, [this] { remove_leftovers(GenerationId(std::numeric_limits<GenerationId::rep>::max())); });
        return finished;
      }
      case RestoreDecision::Kind::kStartAnew:
        remove_directory();
        continue;
      case RestoreDecision::Kind::kRefuse:
        throw UsageError(findings.decision.message);
      case RestoreDecision::Kind::kFail:
        throw CorruptionError(findings.decision.message);
      case RestoreDecision::Kind::kImport:
        savepoint = read_fitting_savepoint(warnings);
        break;
      case RestoreDecision::Kind::kStartEmpty:
      case RestoreDecision::Kind::kRestore:
        break;
    }
    if (!take_over(findings)) {
      // Somebody else was faster, and may hold a lock of its own: look again.
      lock_.reset();
      continue;
    }
    highest_checkpoint_ = std::max(findings.history.highest_checkpoint, store_->highest_checkpoint());
    Opened opened = this->opened(std::move(findings));
    if (savepoint) opened = import(*savepoint, std::move(warnings));
    tidy_up(opened, [this] {
      remove_leftovers(generation());
      clean_up();
    });
    return opened;
  }
}

void Tenure::tidy_up(Opened& opened, const std::function<void()>& remove) {
  try {
    remove();
  } catch (const FencedError&) {
    throw;
  } catch (const ExternalError& error) {
    opened.warnings.push_back(fmt::format("files that are not needed stay where they are: {}", error.what()));
  }
}

Opened Tenure::resume() {
  log_.require_standing(standing_);
  if (uncertain_) {
    log_.append(standing_, uncertain_->entry, kCompletedPoints);
    uncertain_->index = standing_.last;
    retained_.push_back(*std::exchange(uncertain_, std::nullopt));
  }
  Findings findings = look(RestoreMode::kAuto);
  switch (findings.decision.kind) {
    case RestoreDecision::Kind::kStartEmpty:
    case RestoreDecision::Kind::kRestore:
      return opened(std::move(findings));
    default:
      throw CorruptionError(findings.decision.message);
  }
}

void Tenure::make_directories() {
  for (const std::string& path : {layout_.log(), layout_.checkpoints(), layout_.shared(), layout_.local()})
    make_durable_directory(host_.files(), path);
}

void Tenure::lock() {
  FileSystem& files = host_.files();
  const std::string path = layout_.lock();
  lock_ = files.try_lock(path, options_.holder);
  if (lock_ == nullptr && options_.takeover) {
    files.remove(path);
    lock_ = files.try_lock(path, options_.holder);
  }
  if (lock_ != nullptr) return;
  throw UsageError(
      fmt::format("job '{}' is run by {} already, which holds {}: stop it, or give this one another job "
                  "name or directory; if that process is known to be dead or cut off, --weir.takeover "
                  "goes on without it",
                  options_.job, lock_holder(files, layout_), path));
}

FoundCheckpoint Tenure::examine(const History::CompletedAt& at, std::vector<Retained>& whole) {
  using Condition = FoundCheckpoint::Condition;
  const Completed& completed = at.completed;
  FoundCheckpoint found{completed.checkpoint, Condition::kWhole, {}};
  try {
    auto manifest =
        std::make_shared<const Manifest>(store_->read_manifest({completed.manifest, completed.size, completed.hash}));
    found.problem = store_->first_problem(*manifest);
    for (const OperatorSnapshot& snapshot : manifest->operators)
      if (snapshot.keyed)
        for (const StoredFile& file : snapshot.keyed->files)
          if (const auto known = damaged_.find(file.path); known != damaged_.end()) found.problem = known->second;
    if (!found.problem.empty()) {
      found.condition = Condition::kDamaged;
    } else {
      found.origin = manifest->origin;
      whole.push_back({at.index, completed, std::move(manifest)});
    }
  } catch (const CorruptionError& error) {
    found = {completed.checkpoint, Condition::kDamaged, error.what()};
  } catch (const UserError& error) {
    found = {completed.checkpoint, Condition::kForeign, error.what()};
  }
  return found;
}

Tenure::Findings Tenure::look(RestoreMode mode) {
  Findings findings;
  RestoreFacts facts;
  facts.directory = layout_.directory();
  facts.mode = mode;
  facts.restart_finished = options_.restart_finished;
  facts.accept_duplicates = options_.accept_duplicates;
  facts.exactly_once = job_.exactly_once;
  if (!options_.from.empty()) facts.savepoint = savepoint_name(options_.from);
  try {
    // Before the log: later it could be somebody else's, and its entries, too.
    const bool checkpoints = store_->highest_checkpoint() > 0;
    if (!standing_.takeover) standing_.end = log_.end();
    const std::vector<LogEntry> entries = log_.read_all();
    facts.log = !entries.empty();
    if (checkpoints && !facts.log) facts.unreadable = lost_log(layout_);
    findings.history = read_history(entries);
  } catch (const CorruptionError& error) {
    facts.unreadable = error.what();
  }
  facts.finished = findings.history.finished;
  facts.lost = findings.history.lost;
  if (!facts.finished)
    for (const History::CompletedAt& at : findings.history.completed)
      facts.completed.push_back(examine(at, findings.whole));
  std::reverse(facts.completed.begin(), facts.completed.end());
  findings.log = facts.log;
  findings.decision = decide_restore(facts);
  return findings;
}

bool Tenure::take_over(const Findings& findings) {
  if (!findings.log && !log_.append(standing_, Born{options_.job}, {})) return false;
  Takeover takeover{options_.holder, std::nullopt};
  if (findings.decision.kind == RestoreDecision::Kind::kRestore)
    takeover.restores = findings.whole.back().entry.checkpoint;
  return log_.append(standing_, std::move(takeover), kTakeoverPoints);
}

Opened Tenure::opened(Findings findings) {
  retained_ = std::move(findings.whole);
  if (retained_.empty()) return {};
  host_.crash_point("restore: manifest chosen");
  if (options_.claim == ClaimMode::kClaim && !claimed_)
    claimed_ = std::any_of(retained_.begin(), retained_.end(), [this](const Retained& retained) {
      return is_made_of(host_, *retained.manifest, options_.from);
    });
  const auto& manifest = retained_.back().manifest;
  return {manifest->final ? Opened::Kind::kDrained : Opened::Kind::kRestored, manifest,
          std::move(findings.decision.warnings)};
}

Savepoint Tenure::read_fitting_savepoint(std::vector<std::string>& warnings) const {
  Savepoint savepoint = read_savepoint(host_, options_.from);
  if (options_.claim == ClaimMode::kClaim && is_of_a_job(host_.files(), options_.from))
    throw UserError(
        fmt::format("'{}' is the directory of a job, which cannot be claimed: copy a checkpoint of it with weir "
                    "checkpoint cp, or leave --weir.claim-mode out",
                    options_.from));
  if (!job_.fit) return savepoint;
  Manifest fitting = *savepoint.manifest;
  warnings = job_.fit(fitting);
  savepoint.manifest = std::make_shared<const Manifest>(std::move(fitting));
  return savepoint;
}

Opened Tenure::import(const Savepoint& savepoint, std::vector<std::string> warnings) {
  auto manifest =
      std::make_shared<const Manifest>(take_over_savepoint(host_, savepoint, *store_, generation(), options_.job));
  highest_checkpoint_ = std::max(highest_checkpoint_, manifest->checkpoint.value());
  publish(manifest);
  claimed_ = options_.claim == ClaimMode::kClaim;
  const auto kind = manifest->final ? Opened::Kind::kDrained : Opened::Kind::kRestored;
  return {kind, std::move(manifest), std::move(warnings), savepoint.directory};
}

std::string Tenure::save(const Manifest& manifest, const std::string& parent) const {
  return write_savepoint(host_, *store_, manifest, parent, options_.holder);
}

void Tenure::release(CheckpointId checkpoint) {
  const auto is_it = [&](const auto& manifest) { return manifest->checkpoint == checkpoint; };
  const auto found = std::find_if(pinned_.begin(), pinned_.end(), is_it);
  if (found != pinned_.end()) pinned_.erase(found);
}

void Tenure::publish(std::shared_ptr<const Manifest> manifest) {
  log_.require_standing(standing_);
  const CheckpointName name{manifest->generation, manifest->checkpoint};
  const auto written = store_->write_manifest(*manifest);
  Retained retained{0, {name, written.path, written.size, written.hash}, std::move(manifest)};
  try {
    log_.append(standing_, retained.entry, kCompletedPoints);
  } catch (const OutcomeUnknown&) {
    if (uncertain_) retained_.push_back(std::move(*uncertain_));
    uncertain_ = std::move(retained);
    throw;
  }
  retained.index = standing_.last;
  // What was uncertain is an earlier checkpoint like any other now.
  if (uncertain_) retained_.push_back(*std::exchange(uncertain_, std::nullopt));
  retained_.push_back(std::move(retained));
}

void Tenure::clean_up() {
  while (retained_.size() > std::max<std::size_t>(options_.retained, 1)) retained_.erase(retained_.begin());
  if (retained_.empty()) {
    log_.require_standing(standing_);
  } else {
    log_.retire(standing_, retained_.front().index);
  }
  Retention retention;
  for (const Retained& retained : retained_) retention.manifests.push_back(retained.manifest);
  if (uncertain_) retention.manifests.push_back(uncertain_->manifest);
  retention.manifests.insert(retention.manifests.end(), pinned_.begin(), pinned_.end());
  retention.over_up_to = {generation(), CheckpointId(0)};
  if (!retained_.empty()) retention.over_up_to = std::max(retention.over_up_to, retained_.back().entry.checkpoint);
  store_->remove(store_->garbage(retention));
  remove_claimed();
  host_.crash_point("checkpoint: old files deleted");
}

void Tenure::remove_claimed() {
  if (!claimed_) return;
  const auto is_import = [](const auto& manifest) { return manifest->attempt == kImported; };
  if (std::any_of(pinned_.begin(), pinned_.end(), is_import) ||
      std::any_of(retained_.begin(), retained_.end(),
                  [&](const Retained& retained) { return is_import(retained.manifest); }))
    return;
  remove_savepoint(host_.files(), options_.from);
  claimed_ = false;
}

void Tenure::finish() { log_.append(standing_, Finished{}, kFinishedPoints); }

void Tenure::end(Coordinator::Keep keep) {
  if (keep == Coordinator::Keep::kNo && may_act(standing_)) {
    log_.require_standing(standing_);
    remove_directory();
  }
  lock_.reset();
  if (keep == Coordinator::Keep::kYes && may_act(standing_)) say_if_fenced();
}

void Tenure::require_standing() const { log_.require_standing(standing_); }

std::function<void()> Tenure::fence() const {
  // Its own later entries are known by their writer.
  LogStanding standing = standing_;
  standing.last = *standing.takeover;
  return [log = log_, standing] { log.require_standing(standing); };
}

bool Tenure::say_if_fenced() const {
  try {
    log_.require_standing(standing_);
    return true;
  } catch (const FencedError&) {
    throw;
  } catch (const Error&) {
    return false;
  }
}

void Tenure::remove_directory() {
  FileSystem& files = host_.files();
  const std::string removed = removed_directory(layout_);
  remove_tree(files, removed);
  files.rename(layout_.directory(), removed);
  files.sync_directory(options_.directory);
  lock_.reset();
  remove_tree(files, removed);
  files.sync_directory(options_.directory);
}

void Tenure::remove_leftovers(GenerationId below) {
  FileSystem& files = host_.files();
  remove_tree(files, removed_directory(layout_));
  // Nobody alive writes an entry up to the own takeover any more, or could append it. A finished log has no writers.
  log_.remove_leftovers(standing_.takeover ? *standing_.takeover + 1 : std::numeric_limits<std::uint64_t>::max());
  remove_local_leftovers(files, layout_, below);
}

}  // namespace weir::checkpoint
