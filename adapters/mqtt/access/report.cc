// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/report.h"

#include <charconv>

namespace msggw::mqtt::access {

namespace {

constexpr std::string_view kHello = "hello 1 ";
constexpr std::string_view kRefused = "refused ";
constexpr std::size_t kGenerationOctets = 16;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Report> of_device(Report::Kind kind, std::string_view text) {
  const auto number = number_of<std::uint32_t>(text);
  if (!number) return std::nullopt;
  return Report{kind, {}, *number, 0};
}

std::optional<Report> of_refusals(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto reason = number_of<std::uint32_t>(text.substr(0, blank));
  const auto count = number_of<std::uint64_t>(text.substr(blank + 1));
  if (!reason || *reason >= kRefusals || !count) return std::nullopt;
  return Report{Report::Kind::refused, {}, *reason, *count};
}

}  // namespace

void append_report(std::string& out, const Report& report) {
  switch (report.kind) {
    case Report::Kind::hello: out.append(kHello).append(report.generation); break;
    case Report::Kind::came: out.append("+ ").append(std::to_string(report.number)); break;
    case Report::Kind::went: out.append("- ").append(std::to_string(report.number)); break;
    case Report::Kind::all: out.append("all"); break;
    case Report::Kind::refused:
      out.append(kRefused).append(std::to_string(report.number)).push_back(' ');
      out.append(std::to_string(report.count));
      break;
  }
  out.push_back('\n');
}

std::optional<Report> parse_report(std::string_view line) {
  if (line == "all") return Report{Report::Kind::all};
  if (line.starts_with("+ ")) return of_device(Report::Kind::came, line.substr(2));
  if (line.starts_with("- ")) return of_device(Report::Kind::went, line.substr(2));
  if (line.starts_with(kRefused)) return of_refusals(line.substr(kRefused.size()));
  if (!line.starts_with(kHello) || line.size() != kHello.size() + kGenerationOctets)
    return std::nullopt;
  return Report{Report::Kind::hello, std::string(line.substr(kHello.size())), 0, 0};
}

}  // namespace msggw::mqtt::access
