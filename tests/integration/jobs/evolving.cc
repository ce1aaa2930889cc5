// A job whose state is of every kind, and of other types in its second version; what it writes is the same.
//
// Lines are "ms<TAB>key<TAB>number". Each key's timer, behind all records, tells what its states hold; windows of ten
// seconds tell their sums; the first timer of a subtask tells what it has received, of all keys.
//
// --version=1|2     the types of state
// --without=NAME    a state that this version does not have: notes, or none

#include <charconv>

#include <fmt/format.h>
#include <weir/weir.h>

namespace {

using namespace std::chrono_literals;

struct Amount {
  weir::Timestamp time;
  std::string key;
  std::int64_t number = 0;
};
WEIR_FIELDS(Amount, time, key, number);

struct Told {
  std::string text;
};
WEIR_FIELDS(Told, text);

namespace v1 {

struct Last {
  weir::Timestamp time;
};
WEIR_FIELDS(Last, time);

struct Total {
  std::string unit = "pieces";
  std::int64_t sum = 0;
  std::optional<Last> last;
};
WEIR_FIELDS(Total, unit, sum, last);

struct Price {
  std::int64_t cents = 0;
};
WEIR_FIELDS(Price, cents);

struct InWindow {
  std::int32_t records = 0;
  std::int64_t sum = 0;
};
WEIR_FIELDS(InWindow, records, sum);

void raise(Price& price, std::int64_t by) { price.cents += by; }
std::int64_t cents(const Price& price) { return price.cents; }

}  // namespace v1

namespace v2 {

struct Last {
  std::string place = "here";
  weir::Timestamp time;
};
WEIR_FIELDS(Last, place, time);

/// Another order, one field less, one more.
struct Total {
  std::optional<Last> last;
  std::int64_t sum = 0;
  std::vector<std::string> remarks = {"none"};
};
WEIR_FIELDS(Total, last, sum, remarks);

/// Its fields do not tell how it came from the first one.
struct Price {
  std::int64_t thousandths = 0;
};
WEIR_FIELDS(Price, thousandths);

struct InWindow {
  std::int64_t sum = 0;
};
WEIR_FIELDS(InWindow, sum);

void raise(Price& price, std::int64_t by) { price.thousandths += by * 10; }
std::int64_t cents(const Price& price) { return price.thousandths / 10; }

}  // namespace v2

}  // namespace

template <>
struct weir::Migration<v2::Price> {
  using From = v1::Price;
  static v2::Price migrate(From old) { return {old.cents * 10}; }
};

namespace {

struct First {
  using Total = v1::Total;
  using Price = v1::Price;
  using InWindow = v1::InWindow;
};
struct Second {
  using Total = v2::Total;
  using Price = v2::Price;
  using InWindow = v2::InWindow;
};

template <class Version>
struct Keep {
  using Key = std::string;
  using Total = typename Version::Total;
  using Price = typename Version::Price;

  bool notes_too = true;
  weir::ValueState<Key, Total> total{"total"};
  weir::ListState<Key, Total> history{"history"};
  weir::MapState<Key, std::int32_t, Price> prices{"prices"};
  weir::ValueState<Key, std::string> notes{"notes"};
  weir::OperatorListState<Price> received{"received"};

  void open(weir::ProcessOpening<Key>& opening) {
    opening.keep(total);
    opening.keep(history);
    opening.keep(prices);
    opening.keep(received);
    if (notes_too) opening.keep(notes);
  }

  void process_element(const Amount& amount, weir::ProcessContext<Key>& context, weir::Out<Told>&) {
    Total& now = total->update();
    now.sum += amount.number;
    if (!now.last) now.last.emplace();
    now.last->time = std::max(now.last->time, amount.time);
    if (history->size() == 3) history->drop_first(1);
    history->add(now);
    raise(prices->update(static_cast<std::int32_t>(amount.number % 5)), amount.number);
    if (notes_too) notes->update() += 'n';
    if (received.size() < 3) received.add({});
    raise(received.update()[static_cast<std::size_t>(amount.number) % received.size()], amount.number);
    context.set_event_timer(weir::timestamp_ms(100'000'000));
  }

  void on_timer(weir::Timestamp, weir::ProcessContext<Key>& context, weir::Out<Told>& out) {
    const Total& now = *total->get();
    std::string text = fmt::format("{}: sum {} last {} history", context.key(), now.sum, weir::to_ms(now.last->time));
    history->for_each([&text](const Total& each) { text += fmt::format(" {}", each.sum); });
    text += " prices";
    prices->for_each(
        [&text](std::int32_t each, const Price& price) { text += fmt::format(" {}={}", each, cents(price)); });
    out.emit({std::move(text)});
    for (const Price& each : received.get()) out.emit({fmt::format("received {}", cents(each))});
    received.clear();
  }
};

template <class Version>
struct SumUp {
  using Accumulator = typename Version::InWindow;
  Accumulator create() const { return {}; }
  void add(Accumulator& in, const Amount& amount) const { in.sum += amount.number; }
  void merge(Accumulator& into, const Accumulator& from) const { into.sum += from.sum; }
  std::int64_t result(const Accumulator& in) const { return in.sum; }
};

weir::Parsed<Amount> parse(std::string_view text) {
  const std::size_t first = text.find('\t');
  const std::size_t second = text.rfind('\t');
  if (first == second) return weir::Malformed{"expected ms<TAB>key<TAB>number"};
  std::int64_t ms = 0;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + first, ms);
  std::from_chars(text.data() + second + 1, text.data() + text.size(), number);
  return Amount{weir::timestamp_ms(ms), std::string(text.substr(first + 1, second - first - 1)), number};
}

template <class Version>
void build(weir::Environment& env, const std::string& input, const std::string& output, bool notes) {
  auto amounts =
      env.lines(input).name("lines").parse(parse).timestamps(&Amount::time, weir::bounded_out_of_orderness(2s));
  Keep<Version> keep;
  keep.notes_too = notes;
  const auto told = amounts.key_by(&Amount::key).process(keep).name("keep");
  const auto sums =
      amounts.key_by(&Amount::key)
          .window(weir::TumblingEventTime{10s})
          .aggregate(SumUp<Version>{},
                     [](const std::string& key, const weir::Window& window, std::int64_t sum, weir::Out<Told>& out) {
                       out.emit({fmt::format("{} in window to {}: {}", key, weir::to_ms(window.end), sum)});
                     })
          .name("sums");
  told.union_with(sums)
      .write_files({.directory = output}, [](const Told& each, std::string& line) { line += each.text; })
      .name("told");
}

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto input = args.required<std::string>("input");
  const auto output = args.required<std::string>("output");
  const bool notes = args.get<std::string>("without", "none") != "notes";
  if (args.get<std::string>("version", "1") == "1") {
    build<First>(env, input, output, notes);
  } else {
    build<Second>(env, input, output, notes);
  }
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Evolving", job); }
