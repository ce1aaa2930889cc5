#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "recovery/process_reference.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

namespace {

struct Posting {
  Timestamp time;
  std::string key;
  std::int64_t value = 0;
};
WEIR_FIELDS(Posting, time, key, value);

struct Entry {
  std::string text;
};
WEIR_FIELDS(Entry, text);

struct Balance {
  std::int64_t carried = 0;
  std::int64_t count = 0;
};
WEIR_FIELDS(Balance, carried, count);

struct Period {
  std::int64_t postings = 0;
  std::int64_t sum = 0;
};
WEIR_FIELDS(Period, postings, sum);

constexpr std::int64_t kFar = 1'000'000'000;

/// Keeps each key's postings until the period they lie in is over, then enters them, with what is carried over. What
/// it tells does not depend on the order in which records come, nor on when watermarks do.
class Ledger {
 public:
  Ledger(std::int64_t period, std::shared_ptr<Failures> failures)
      : period_(period),
        failures_(std::move(failures)),
        in_a_row_("in a row", {.ttl = Duration(2 * period), .domain = TimeDomain::kEventTime}),
        recent_("recent", {.ttl = Duration(3 * period), .domain = TimeDomain::kEventTime}),
        known_("known",
               {.ttl = Duration(2 * period), .domain = TimeDomain::kEventTime, .update = TtlUpdate::kOnReadAndWrite}) {}

  void open(ProcessOpening<std::string>& opening) {
    opening.keep(balance_);
    opening.keep(postings_);
    opening.keep(periods_);
    opening.keep(in_a_row_);
    opening.keep(recent_);
    opening.keep(known_);
  }

  void process_element(const Posting& posting, ProcessContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    const std::int64_t time = to_ms(context.timestamp());
    const std::int64_t end = time - (time % period_ + period_) % period_ + period_ - 1;
    postings_->add(posting);
    Period& period = periods_->update(end);
    const bool first = ++period.postings == 1;
    period.sum += posting.value;
    if (context.set_event_timer(timestamp_ms(end)) != first) emit(out, "wrong", end, "a timer is there, or not");
    if (first) context.set_event_timer(timestamp_ms(end + kFar));
  }

  void on_timer(Timestamp at, ProcessContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    const std::int64_t time = to_ms(at);
    key_ = context.key();
    if (time >= kFar / 2) return emit(out, "far", time, "");
    if (time % period_ == 0) return tell_carried(time, out);
    end_period(time, context, out);
    if (!context.set_event_timer(timestamp_ms(time + 1))) tell_carried(time + 1, out);
  }

 private:
  void end_period(std::int64_t end, ProcessContext<std::string>& context, Out<Entry>& out) {
    const Period* period = periods_->get(end);
    if (period == nullptr) return emit(out, "wrong", end, "no such period");
    require_agreement(end, out);
    const std::int64_t sum = period->sum;
    Balance& balance = balance_->update();
    balance.carried += sum;
    balance.count += period->postings;
    emit(out, "period", end,
         fmt::format("{}\t{}\t{}\t{}", take_postings(end), sum, balance.carried, tell_what_expires(end, sum)));
    if (balance.count % 7 == 0) balance_->clear();
    periods_->erase(end);
    if (sum % 2 == 0 && !context.cancel_event_timer(timestamp_ms(end + kFar)))
      emit(out, "wrong", end, "the far timer was not there");
  }

  /// Whatever has come by now, the map's entries tell of as many postings as the list has.
  void require_agreement(std::int64_t end, Out<Entry>& out) {
    std::size_t periods = 0;
    std::int64_t postings = 0;
    periods_->for_each([&](std::int64_t, const Period& period) {
      ++periods;
      postings += period.postings;
    });
    if (periods != periods_->size() || postings != static_cast<std::int64_t>(postings_->size()))
      emit(out, "wrong", end, fmt::format("{} postings of {} in {} periods", postings, postings_->size(), periods));
  }

  /// The values of what lies in the period, sorted; what does not stays, moved to the end of the list.
  std::string take_postings(std::int64_t end) {
    std::vector<std::int64_t> values;
    std::vector<Posting> others;
    postings_->for_each([&](const Posting& posting) {
      if (to_ms(posting.time) <= end) {
        values.push_back(posting.value);
      } else {
        others.push_back(posting);
      }
    });
    for (std::size_t i = 0; i < others.size(); ++i) postings_->update(values.size() + i) = others[i];
    postings_->drop_first(values.size());
    std::sort(values.begin(), values.end());
    std::string text;
    for (const std::int64_t value : values) text += fmt::format("{};", value);
    return text;
  }

  std::string tell_what_expires(std::int64_t end, std::int64_t sum) {
    recent_->add(sum);
    std::int64_t recent = 0;
    recent_->for_each([&recent](const std::int64_t& one) { recent += one; });
    const std::int64_t kind = sum % 3;
    const std::int64_t* since = known_->get(kind);
    if (since == nullptr) known_->set(kind, end);
    const std::int64_t known_since = since == nullptr ? end : *since;
    return fmt::format("{}\t{}\t{}\t{}", ++in_a_row_->update(), recent, known_since, known_->size());
  }

  void tell_carried(std::int64_t time, Out<Entry>& out) {
    const Balance* balance = balance_->get();
    emit(out, "after", time, std::to_string(balance == nullptr ? 0 : balance->carried));
  }

  void emit(Out<Entry>& out, const char* what, std::int64_t time, const std::string& rest) {
    out.emit({fmt::format("{}\t{}\t{}\t{}", what, key_, time, rest)});
  }

  std::int64_t period_;
  std::shared_ptr<Failures> failures_;
  std::string key_;
  ValueState<std::string, Balance> balance_{"balance"};
  ListState<std::string, Posting> postings_{"postings"};
  MapState<std::string, std::int64_t, Period> periods_{"periods"};
  ExpiringValueState<std::string, std::int64_t> in_a_row_;  ///< periods with postings, each right behind the last
  ExpiringListState<std::string, std::int64_t> recent_;     ///< sums of the last three periods
  /// Kinds of sums that were seen in this period or the last, and since when they have been without a longer break.
  ExpiringMapState<std::string, std::int64_t, std::int64_t> known_;
};

constexpr Duration kAlert{40};

/// Sets a timer in processing time for each record, takes some of them back, and tells all of it; and how long ago its
/// key came first, which it forgets.
class Alarms {
 public:
  explicit Alarms(std::shared_ptr<Failures> failures) : failures_(std::move(failures)) {}

  void open(ProcessOpening<std::string>& opening) {
    opening.keep(pending_);
    opening.keep(first_);
  }

  void process_element(const Posting& posting, ProcessContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    tell_first(to_ms(context.processing_time()), context, out);
    const std::int64_t time = to_ms(context.processing_time()) + (posting.value + 5) * 2;
    const bool known = pending_->get(time) != nullptr;
    if (known && posting.value % 3 == 0) {
      const bool taken = context.cancel_processing_timer(timestamp_ms(time));
      pending_->erase(time);
      return emit(out, taken ? "back" : "wrong", context.key(), time, "");
    }
    const bool set = context.set_processing_timer(timestamp_ms(time));
    if (set == known) return emit(out, "wrong", context.key(), time, "a timer is there, or not");
    pending_->update(time) += 1;
    emit(out, set ? "set" : "again", context.key(), time, "");
  }

  void on_timer(Timestamp at, ProcessContext<std::string>& context, Out<Entry>& out) {
    failures_->pass();
    const std::int64_t time = to_ms(at);
    if (context.domain() != TimeDomain::kProcessingTime || !pending_->erase(time))
      return emit(out, "wrong", context.key(), time, "nobody has set it");
    const bool ended = context.watermark() == Watermark::end();
    emit(out, "rang", context.key(), time, ended ? "end" : std::to_string(to_ms(context.processing_time())));
  }

 private:
  void tell_first(std::int64_t now, ProcessContext<std::string>& context, Out<Entry>& out) {
    const std::int64_t* first = first_->get();
    emit(out, first == nullptr ? "first" : "since", context.key(), first == nullptr ? now : *first,
         std::to_string(now));
    if (first == nullptr) first_->set(now);
  }

  static void emit(Out<Entry>& out, const char* what, std::string_view key, std::int64_t time,
                   const std::string& rest) {
    out.emit({fmt::format("{}\t{}\t{}\t{}", what, key, time, rest)});
  }

  std::shared_ptr<Failures> failures_;
  MapState<std::string, std::int64_t, std::int64_t> pending_{"pending"};
  ExpiringValueState<std::string, std::int64_t> first_{"first", {.ttl = kAlert}};
};

struct Shape {
  std::int64_t period = 10;
  std::int64_t out_of_orderness = 0;
  bool rebalance = false;
  std::vector<PlainEvent> events;
  RecoveryCase::Files files;
};

Posting posting_of(std::string_view line) {
  Posting posting;
  std::int64_t ms = 0;
  const std::size_t tab = line.find('\t');
  const std::size_t second = line.find('\t', tab + 1);
  std::from_chars(line.data(), line.data() + tab, ms);
  std::from_chars(line.data() + second + 1, line.data() + line.size(), posting.value);
  posting.time = timestamp_ms(ms);
  posting.key = line.substr(tab + 1, second - tab - 1);
  return posting;
}

void write(const Stream<Entry>& entries, const std::string& directory) {
  entries
      .write_files({.directory = directory, .max_bytes = 2000},
                   [](const Entry& entry, std::string& line) { line += entry.text; })
      .name("to " + directory);
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  Stream<Posting> postings = env.lines("/in")
                                 .name("postings")
                                 .map([failures](const Line& line) {
                                   failures->pass();
                                   return posting_of(line.text);
                                 })
                                 .name("parse")
                                 .timestamps(&Posting::time, bounded_out_of_orderness(Duration(shape.out_of_orderness)))
                                 .name("timestamps");
  if (shape.rebalance) postings = postings.rebalance();
  write(postings.key_by(&Posting::key).process(Ledger(shape.period, failures)).name("ledger"), "/out");
  write(postings.key_by(&Posting::key).process(Alarms(failures)).name("alarms"), "/alarms");
}

Shape draw_shape(std::uint64_t seed) {
  sim::Random random(seed * 2 + 1);
  Shape shape;
  shape.period = static_cast<std::int64_t>(random.between(3, 120));
  shape.out_of_orderness = static_cast<std::int64_t>(random.one_in(3) ? 0 : random.between(1, 40));
  shape.rebalance = random.one_in(3);
  const std::uint64_t keys = random.one_in(4) ? 1 : random.between(2, 12);
  const std::uint64_t files = random.between(1, 4);
  for (std::uint64_t i = 0; i < files; ++i) shape.files[fmt::format("/in/{}", i)];
  const std::uint64_t events = random.between(50, 400);
  for (std::uint64_t i = 0; i < events; ++i) {
    // Time goes on, and back by no more than the bound.
    const std::int64_t back = static_cast<std::int64_t>(random.between(0, shape.out_of_orderness));
    const PlainEvent event{static_cast<std::int64_t>(3 * i) - back, fmt::format("k{}", random.below(keys)),
                           static_cast<std::int64_t>(random.below(26)) - 5};
    shape.files[fmt::format("/in/{}", random.below(files))] +=
        fmt::format("{}\t{}\t{}\n", event.time, event.key, event.value);
    shape.events.push_back(event);
  }
  return shape;
}

std::string judge(const Shape& shape, const RecoveryCase::Files& output) {
  const std::string ledger = first_difference(lines_below(output, "/out"), ledger_lines(shape.events, shape.period));
  if (!ledger.empty()) return "ledger: " + ledger;
  const std::string alarms = judge_alarms(shape.events, lines_below(output, "/alarms"), kAlert.count());
  return alarms.empty() ? "" : "alarms: " + alarms;
}

}  // namespace

RecoveryCase draw_process_functions(std::uint64_t seed) {
  const auto shape = std::make_shared<const Shape>(draw_shape(seed));
  RecoveryCase of;
  of.seed = seed;
  of.kind = "process functions";
  of.input = shape->files;
  of.outputs = {"/out", "/alarms"};
  of.drain = true;
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, *shape, failures); };
  of.judge = [shape](const RecoveryCase::Files& output) { return judge(*shape, output); };
  return of;
}

}  // namespace weir::tests
