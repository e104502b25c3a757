// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstdio>
#include <utility>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/text.h"

namespace msggw::base::log {

namespace {

constexpr std::size_t kMostValueOctets = 512;

std::atomic<Format> chosen_format{Format::text};
std::atomic<PrivateIds> chosen_private_ids{PrivateIds::hashed};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// The level by the word that log.level has for it.
class LevelWord final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string_view word = message.level == spdlog::level::warn   ? "warn"
                                  : message.level == spdlog::level::err  ? "error"
                                  : message.level == spdlog::level::info ? "info"
                                                                         : "debug";
    out.append(word.data(), word.data() + word.size());
    const std::size_t width = padinfo_.enabled() ? padinfo_.width_ : 0;
    for (std::size_t i = word.size(); i < width; ++i) out.push_back(' ');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelWord>();
  }
};

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos;
}

/// The value as it is told, safe to print.
std::string told(const Field& field) {
  const bool names_somebody =
      field.key == "private_id" || field.key == "held_by" || field.key == "to";
  if (!names_somebody || field.value.empty() || chosen_private_ids == PrivateIds::plain)
    return printable(field.value, kMostValueOctets);
  static const HashKey key = random_hash_key();
  char hash[24];
  std::snprintf(hash, sizeof hash, "#%016llx",
                static_cast<unsigned long long>(keyed_hash(key, field.value)));
  return hash;
}

void append_text(std::string& line, const Field& field) {
  const std::string value = told(field);
  line.append(" ").append(field.key).append("=");
  if (needs_quotes(value)) {
    line.append("\"").append(value).append("\"");
  } else {
    line.append(value);
  }
}

void append_json(std::string& line, std::string_view key, std::string_view value,
                 bool is_number = false) {
  line.append(",\"").append(key).append("\":");
  if (is_number) {
    line.append(value);
    return;
  }
  line.append(boost::json::serialize(boost::json::string_view(value.data(), value.size())));
}

}  // namespace

void set_up(Level least, Format format, PrivateIds private_ids) {
  chosen_format = format;
  chosen_private_ids = private_ids;
  auto logger =
      std::make_shared<spdlog::logger>("msggw", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const char* pattern = format == Format::text
                            ? "%Y-%m-%dT%H:%M:%S.%eZ %-5* %v"
                            : "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%*\"%v}";
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelWord>('*').set_pattern(pattern);
  logger->set_formatter(std::move(formatter));
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
      append_json(line, field.key, told(field), field.is_number);
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
