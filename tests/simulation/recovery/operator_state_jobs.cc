#include <map>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/connected_reference.h"
#include "recovery/event_files.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

namespace {

struct Letter {
  Timestamp time;
  std::string address;
  std::int64_t value = 0;
};
WEIR_FIELDS(Letter, time, address, value);

struct Entry {
  std::string text;
};
WEIR_FIELDS(Entry, text);

struct Counted {
  std::int64_t value = 0;
  std::int64_t letters = 0;
};
WEIR_FIELDS(Counted, value, letters);

/// Collects letters in bags, and lets them go when a bag is full: those that wait in whichever subtask must leave once.
class Bags {
 public:
  Bags(std::size_t size, std::shared_ptr<Failures> failures) : size_(size), failures_(std::move(failures)) {}

  void open(FunctionOpening& opening) { opening.keep(waiting_); }
  void process_element(const Letter& letter, FunctionContext&, Out<Entry>& out) {
    failures_->pass();
    waiting_.add(letter);
    if (waiting_.size() >= size_) let_go(out);
  }
  void close(Out<Entry>& out) { let_go(out); }

 private:
  void let_go(Out<Entry>& out) {
    for (const Letter& letter : waiting_.get())
      out.emit({fmt::format("{}\t{}\t{}", to_ms(letter.time), letter.address, letter.value)});
    waiting_.clear();
  }

  std::size_t size_;
  std::shared_ptr<Failures> failures_;
  OperatorListState<Letter> waiting_{"waiting"};
};

/// Counts letters by their values. At every barrier the counts become a list; behind a failure every subtask goes on
/// with what all of them had counted of the values that are its business, and tells at the end.
class Counts {
 public:
  explicit Counts(std::shared_ptr<Failures> failures) : failures_(std::move(failures)) {}

  void open(FunctionOpening& opening) {
    opening.keep(saved_);
    subtask_ = opening.subtask();
    parallelism_ = opening.parallelism();
  }
  void restored() {
    for (const Counted& counted : saved_.get())
      if (static_cast<std::uint64_t>(counted.value + 100) % parallelism_ == subtask_)
        counts_[counted.value] += counted.letters;
  }
  void process_element(const Letter& letter, FunctionContext&, Out<Entry>&) {
    failures_->pass();
    ++counts_[letter.value];
  }
  void snapshot_state() {
    saved_.clear();
    for (const auto& [value, letters] : counts_) saved_.add({value, letters});
  }
  void close(Out<Entry>& out) {
    for (const auto& [value, letters] : counts_) out.emit({fmt::format("{}\t{}", value, letters)});
  }

 private:
  std::shared_ptr<Failures> failures_;
  std::uint32_t subtask_ = 0;
  std::uint32_t parallelism_ = 1;
  std::map<std::int64_t, std::int64_t> counts_;
  UnionListState<Counted> saved_{"saved"};
};

struct Shape {
  std::size_t bag = 1;
  EventSide letters;
  RecoveryCase::Files files;
};

Letter letter_of(std::string_view line) {
  const PlainEvent event = event_of(line);
  return {timestamp_ms(event.time), event.key, event.value};
}

void write(const Stream<Entry>& entries, const std::string& directory) {
  entries
      .write_files({.directory = directory, .max_bytes = 2000},
                   [](const Entry& entry, std::string& line) { line += entry.text; })
      .name("to " + directory);
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  const auto letters = read_events<Letter>(env, "letters", shape.letters, letter_of, failures);
  write(letters.process(Bags(shape.bag, failures)).name("bags"), "/bags");
  write(letters.rebalance().process(Counts(failures)).name("counts"), "/counts");
}

std::string judge(const Shape& shape, const RecoveryCase::Files& output) {
  const std::string bags = first_difference(lines_below(output, "/bags"), event_lines(shape.letters.events));
  if (!bags.empty()) return "bags: " + bags;
  std::map<std::int64_t, std::int64_t> counted;
  for (const std::string& line : lines_below(output, "/counts"))
    counted[std::stoll(line)] += std::stoll(line.substr(line.find('\t') + 1));
  std::map<std::int64_t, std::int64_t> right;
  for (const PlainEvent& event : shape.letters.events) ++right[event.value];
  return counted == right ? "" : "counts: not every letter was counted once";
}

}  // namespace

RecoveryCase draw_operator_state(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  const auto shape = std::make_shared<Shape>();
  shape->bag = random.between(2, 30);
  shape->letters = draw_side(random, "letters", random.between(1, 12), 3, shape->files);
  RecoveryCase of;
  of.seed = seed;
  of.kind = "operator state";
  of.input = shape->files;
  of.outputs = {"/bags", "/counts"};
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) { return judge(*shape, output); };
  return of;
}

}  // namespace weir::tests
