// Copies lines from files to files and fails every so many lines, --failures times. At each failure it prints what the
// process holds: `resources <descriptors> <threads>`.

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <weir/weir.h>

namespace {

constexpr int kFailEvery = 3000;

long entries_of(const char* directory) {
  long entries = 0;
  for (auto at = std::filesystem::directory_iterator(directory); at != std::filesystem::directory_iterator(); ++at)
    ++entries;
  return entries;
}

/// Counts over all attempts of the process.
class Failures {
 public:
  explicit Failures(int failures) : left_(failures) {}

  void line_passed() {
    if (++lines_ % kFailEvery != 0 || left_ == 0) return;
    --left_;
    fmt::print("resources {} {}\n", entries_of("/proc/self/fd"), entries_of("/proc/self/task"));
    std::fflush(stdout);
    throw std::runtime_error(fmt::format("failure on purpose, {} to go", left_.load()));
  }

 private:
  std::atomic<int> lines_{0};
  std::atomic<int> left_;
};

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto input = args.required<std::string>("input");
  const auto output = args.required<std::string>("output");
  const auto failures = std::make_shared<Failures>(args.required<int>("failures"));
  env.lines(input)
      .name("lines")
      .rebalance()
      .map([failures](const weir::Line& line) {
        failures->line_passed();
        return std::string(line.text);
      })
      .write_files({.directory = output}, [](const std::string& text, std::string& line) { line += text; })
      .name("copies");
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Failing", job); }
