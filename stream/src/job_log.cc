#include "job_log.h"

#include <mutex>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace weir::detail {

namespace {

/// "INFO ", "WARN ", "ERROR", "DEBUG".
class LevelName final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& into) override {
    into.append(name(message.level));
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }

 private:
  static std::string_view name(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::debug:
        return "DEBUG";
      case spdlog::level::info:
        return "INFO ";
      case spdlog::level::warn:
        return "WARN ";
      default:
        return "ERROR";
    }
  }
};

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit ConsoleSink(ConsoleHost& console) : console_(console) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "");
    formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%d %H:%M:%S.%eZ %* %v");
    set_formatter(std::move(formatter));
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    console_.log({line.data(), line.size()});
  }

  void flush_() override {}

  ConsoleHost& console_;
};

spdlog::level::level_enum level_of(Configuration::LogDetail detail) {
  switch (detail) {
    case Configuration::LogDetail::kDebug:
      return spdlog::level::debug;
    case Configuration::LogDetail::kInfo:
      return spdlog::level::info;
    case Configuration::LogDetail::kWarning:
      return spdlog::level::warn;
    case Configuration::LogDetail::kError:
      return spdlog::level::err;
    case Configuration::LogDetail::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

JobLog::JobLog(ConsoleHost& console, Configuration::LogDetail detail)
    : console_(console), logger_("weir", std::make_shared<ConsoleSink>(console)) {
  logger_.set_level(level_of(detail));
}

void JobLog::write(runtime::LogLevel level, const std::string& message) {
  switch (level) {
    case runtime::LogLevel::kInfo:
      return info(message);
    case runtime::LogLevel::kWarning:
      return warning(message);
    case runtime::LogLevel::kError:
      return error(message);
  }
}

void JobLog::write(spdlog::level::level_enum level, const std::string& message) {
  logger_.log(std::chrono::time_point_cast<spdlog::log_clock::duration>(console_.wall_now()), spdlog::source_loc{},
              level, spdlog::string_view_t(message));
}

}  // namespace weir::detail
