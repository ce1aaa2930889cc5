// Counts words in windows of event time, from a directory of files into a directory of files.
//
// Every input line is `timestamp_ms<TAB>word`; lines may be out of order within a bound. Results are
// `window_start<TAB>window_end<TAB>word<TAB>count`; records that come too late for their windows go to --late.

#include <charconv>

#include <weir/weir.h>

struct Event {
  weir::Timestamp time;
  std::string word;
};
WEIR_FIELDS(Event, time, word);

struct Count {
  weir::Window window;
  std::string word;
  std::int64_t count;
};

weir::Parsed<Event> parse_event(std::string_view line) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return weir::Malformed{"expected timestamp_ms<TAB>word"};
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + tab, ms);
  if (error == std::errc::result_out_of_range || (error == std::errc() && !weir::in_range(weir::timestamp_ms(ms))))
    return weir::Malformed{"timestamp out of range (+-250000000000000 ms)"};
  if (error != std::errc() || end != line.data() + tab) return weir::Malformed{"the timestamp is not a number"};
  return Event{weir::timestamp_ms(ms), std::string(line.substr(tab + 1))};
}

void format_event(const Event& event, std::string& line) {
  fmt::format_to(std::back_inserter(line), "{}\t{}", weir::to_ms(event.time), event.word);
}

void format_count(const Count& count, std::string& line) {
  fmt::format_to(std::back_inserter(line), "{}\t{}\t{}\t{}", weir::to_ms(count.window.start),
                 weir::to_ms(count.window.end), count.word, count.count);
}

/// "tumbling:10s" or "sliding:10s:2s"
weir::WindowLayout parse_window(std::string_view text, weir::Duration offset) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view sizes = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const std::size_t second = sizes.find(':');
  const auto size = weir::parse_duration(sizes.substr(0, second));
  const auto slide = second == std::string_view::npos ? std::nullopt : weir::parse_duration(sizes.substr(second + 1));
  if (kind == "tumbling" && size && second == std::string_view::npos) return weir::TumblingEventTime{*size, offset};
  if (kind == "sliding" && size && slide) return weir::SlidingEventTime{*size, *slide, offset};
  throw weir::UsageError(fmt::format("--window: '{}' is not a window; write tumbling:10s or sliding:10s:2s", text));
}

/// "fail", "skip" or a directory for dead letters
weir::OnMalformed parse_policy(const std::string& text) {
  if (text == "fail") return weir::OnMalformed::fail();
  if (text == "skip") return weir::OnMalformed::skip();
  return weir::OnMalformed::dead_letter(text);
}

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto input = args.required<std::string>("input", "directory of text files: timestamp_ms<TAB>word");
  const auto output = args.required<std::string>("output", "directory for the counts; must be empty");
  const auto late = args.required<std::string>("late", "directory for records that came too late; must be empty");
  const auto window = args.get<std::string>("window", "tumbling:10s", "tumbling:SIZE or sliding:SIZE:SLIDE");
  const auto offset = args.get<weir::Duration>("offset", weir::Duration{0}, "shifts the windows against the epoch");
  const auto bound =
      args.get<weir::Duration>("out-of-orderness", weir::Duration{0}, "how much records may be out of order");
  const auto lateness =
      args.get<weir::Duration>("lateness", weir::Duration{0}, "how long windows wait for late records");
  const auto malformed = args.get<std::string>("malformed", "fail", "fail, skip, or a directory for dead letters");
  const auto layout = parse_window(window, offset);

  auto counts = env.lines(input)
                    .name("Lines")
                    .parse(parse_event, parse_policy(malformed))
                    .timestamps(&Event::time, weir::bounded_out_of_orderness(bound))
                    .key_by(&Event::word)
                    .window(layout)
                    .allowed_lateness(lateness)
                    .count([](const std::string& word, const weir::Window& of, std::int64_t count,
                              weir::Out<Count>& out) { out.emit({of, word, count}); })
                    .name("counts");
  counts.write_files({.directory = output}, format_count).name("results");
  counts.late().write_files({.directory = late, .role = "late output"}, format_event).name("late");
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Event Time WordCount", job); }
