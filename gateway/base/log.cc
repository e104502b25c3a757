// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::base::log {

namespace {

constexpr std::size_t kMostValueOctets = 512;

std::atomic<Format> chosen_format{Format::text};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos;
}

void append_text(std::string& line, const Field& field) {
  const std::string value = printable(field.value, kMostValueOctets);
  line.append(" ").append(field.key).append("=");
  if (needs_quotes(value)) {
    line.append("\"").append(value).append("\"");
  } else {
    line.append(value);
  }
}

void append_json(std::string& line, std::string_view key, std::string_view value) {
  line.append(",\"").append(key).append("\":");
  line.append(boost::json::serialize(boost::json::string_view(value.data(), value.size())));
}

}  // namespace

void set_up(Level least, Format format) {
  chosen_format = format;
  auto logger =
      std::make_shared<spdlog::logger>("msggw", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const char* pattern = format == Format::text
                            ? "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v"
                            : "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\"%v}";
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  logger->set_level(to_spdlog(least));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  auto* logger = spdlog::default_logger_raw();
  const auto spdlog_level = to_spdlog(level);
  if (!logger->should_log(spdlog_level)) return;
  std::string line;
  if (chosen_format == Format::text) {
    line = name;
    for (const Field& field : fields) append_text(line, field);
  } else {
    append_json(line, "event", name);
    for (const Field& field : fields) {
      append_json(line, field.key, printable(field.value, kMostValueOctets));
    }
  }
  logger->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

bool Limit::pass(TimePoint now) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second != second_) {
    second_ = second;
    used_ = 0;
  }
  if (used_ < burst_) return ++used_, true;
  return ++suppressed_, false;
}

std::uint64_t Limit::take_suppressed() noexcept {
  return std::exchange(suppressed_, 0);
}

}  // namespace msggw::base::log
