// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <utility>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/log_change.h"
#include "gateway/base/log_name.h"
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

/// Whether a reader of logfmt takes the text for itself without quotes, and for no number, boolean
/// or null.
bool is_bare(std::string_view text) {
  const auto is_of_word = [](char c) {
    return c > ' ' && c < '\x7f' && c != '=' && c != '"' && c != '\\';
  };
  const bool seems_typed = text.empty() || text == "true" || text == "false" || text == "null" ||
                           std::string_view("+-.0123456789").find(text[0]) != text.npos;
  return !seems_typed && std::all_of(text.begin(), text.end(), is_of_word);
}

/// Octets of a character, by the first of them.
std::size_t length_of(char first) noexcept {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// A character that is not plain: all of these are within the 16 bits of the escape.
void append_escaped(std::string& out, std::string_view character) {
  unsigned code = static_cast<unsigned char>(character[0]);
  if (character.size() > 1) code &= 0x3Fu >> (character.size() - 1);
  for (const char octet : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(octet) & 0x3Fu);
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x", code & 0xFFFF);
  out += escape;
}

/// As JSON has strings, and readers of logfmt too. What is not seen, or moves what stands beside
/// it, is escaped; octets that are no UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view octets) {
  std::size_t most = std::min(octets.size(), kMostValueOctets);
  if (most < octets.size())  // not within a character
    for (int i = 0; i < 3 && (octets[most] & 0xC0) == 0x80; ++i) --most;
  std::string text;
  append_as_utf8(text, octets.substr(0, most));
  out += '"';
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = rest.substr(0, length_of(rest[0]));
    rest.remove_prefix(character.size());
    if (character == "\"" || character == "\\")
      out.append("\\").append(character);
    else if (is_plain(character))
      out.append(character);
    else
      append_escaped(out, character);
  }
  out += most < octets.size() ? "...\"" : "\"";
}

/// Of somebody the hash that stands for him.
std::string told(std::string_view name) {
  if (name.empty() || chosen_private_ids == PrivateIds::plain) return std::string(name);
  static const HashKey key = random_hash_key();
  char hash[24];
  std::snprintf(hash, sizeof hash, "#%016llx",
                static_cast<unsigned long long>(keyed_hash(key, name)));
  return hash;
}

std::string told(const Field& field) {
  const bool names_somebody = field.key == "private_id" || field.key == "held_by" ||
                              field.key == "to" || field.key == "names";
  return names_somebody ? told(std::string_view(field.value)) : field.value;
}

void append_text(std::string& line, const Field& field) {
  const std::string value = printable(told(field), kMostValueOctets);
  line.append(" ").append(field.key).append("=");
  if (needs_quotes(value)) {
    line.append("\"").append(value).append("\"");
  } else {
    line.append(value);
  }
}

/// The value of a field that is no text, as machines read it.
std::string typed(const Field& field) {
  if (field.kind != Field::Kind::duration) return field.value;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f",
                std::chrono::duration<double>(field.duration).count());
  return seconds;
}

void append_logfmt(std::string& line, const Field& field) {
  line.append(" ").append(field.key).append("=");
  if (field.kind != Field::Kind::text) {
    line.append(typed(field));
  } else if (const std::string text = told(field);
             text.size() <= kMostValueOctets && is_bare(text)) {
    line.append(text);
  } else {
    append_quoted(line, text);
  }
}

void append_json(std::string& line, const Field& field) {
  line.append(",\"").append(field.key).append("\":");
  if (field.kind != Field::Kind::text) {
    line.append(typed(field));
  } else {
    append_quoted(line, told(field));
  }
}

/// What stands before the fields; the flag '*' is a LevelWord.
const char* pattern_of(Format format) {
  switch (format) {
    case Format::text: return "%Y-%m-%dT%H:%M:%S.%eZ %-5* %v";
    case Format::logfmt: return "time=%Y-%m-%dT%H:%M:%S.%eZ level=%* event=%v";
    case Format::json: return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*","event":"%v})";
  }
  return "%v";
}

}  // namespace

void set_up(Level least, Format format, PrivateIds private_ids) {
  chosen_format = format;
  chosen_private_ids = private_ids;
  auto logger =
      std::make_shared<spdlog::logger>("msggw", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelWord>('*').set_pattern(pattern_of(format));
  logger->set_formatter(std::move(formatter));
  logger->set_level(to_spdlog(least));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

std::string name_in_event(std::string_view name) {
  return printable(told(name));
}

void change(Level least, PrivateIds private_ids) noexcept {
  chosen_private_ids = private_ids;
  spdlog::default_logger_raw()->set_level(to_spdlog(least));
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  auto* logger = spdlog::default_logger_raw();
  const auto spdlog_level = to_spdlog(level);
  if (!logger->should_log(spdlog_level)) return;
  const Format format = chosen_format;
  std::string line(name);
  if (format == Format::json) line += '"';
  for (const Field& field : fields) {
    format == Format::text     ? append_text(line, field)
    : format == Format::logfmt ? append_logfmt(line, field)
                               : append_json(line, field);
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
