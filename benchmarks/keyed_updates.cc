#include "benchmarks/keyed_updates.h"

#include <memory>
#include <optional>
#include <utility>

#include "weir/core/sink.h"
#include "weir/weir.h"

namespace weir::benchmarks {
namespace {

struct Update {
  std::uint64_t index;
  std::uint64_t key;
};

/// Takes records and forgets them.
class DiscardSink final : public Sink {
 public:
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }

 private:
  class Writer final : public SinkWriter {
   public:
    void open(const OperatorContext&) override {}
    Progress write(BatchBase& batch, std::size_t) override { return {batch.size(), Stop::kDone}; }
  };
};

/// Counts the updates of a key, and tells of each.
struct Counter {
  std::function<void(std::uint64_t)> on_update;
  ValueState<std::uint64_t, std::uint64_t> count{"count"};

  void open(ProcessOpening<std::uint64_t>& opening) { opening.keep(count); }

  void process_element(const Update& update, ProcessContext<std::uint64_t>&, Out<std::uint64_t>& out) {
    on_update(update.index);
    if (++count->update() == 0) out.emit(update.key);
  }
};

}  // namespace

Graph KeyedUpdates::graph() const {
  Environment env(Arguments(std::vector<std::string>{}));
  connectors::GeneratorOptions options;
  options.records_per_second = updates_per_second;
  if (updates > 0) options.count = updates;
  env.generate(options,
               [keys = keys, on_generate = on_generate](std::uint64_t index) {
                 on_generate(index);
                 return Update{index, index % keys};
               })
      .name("Updates")
      .key_by(&Update::key)
      .process(Counter{on_update})
      .name("Counts")
      .sink_to(std::make_shared<DiscardSink>(), "Nothing");
  return env.take_graph();
}

}  // namespace weir::benchmarks
