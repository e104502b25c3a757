// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/csv.h"

#include <algorithm>

namespace msggw::roster {

namespace {

Extent extent_at(std::string_view text, std::size_t line_feed, std::size_t lines) {
  const bool crlf = line_feed > 0 && text[line_feed - 1] == '\r';
  return {line_feed - (crlf ? 1 : 0), line_feed + 1, lines};
}

Extent whole(std::string_view text, std::size_t lines) {
  const bool cr = text.ends_with('\r');
  return {text.size() - (cr ? 1 : 0), text.size(), lines};
}

base::Result<std::size_t> broken(std::size_t field, const char* what) {
  return base::fail(base::Errc::malformed, "field " + std::to_string(field + 1) + ": " + what);
}

}  // namespace

std::optional<Extent> csv_extent(std::string_view text, bool is_last) {
  std::size_t lines = 1;
  std::size_t at = 0;
  bool field_begins = true;
  while (at < text.size()) {
    if (field_begins && text[at] == '"') {
      // To the closing quote; a doubled one is a pair of them, which comes to the same.
      for (++at; at < text.size() && text[at] != '"'; ++at) lines += text[at] == '\n' ? 1 : 0;
      if (at < text.size()) ++at;
      while (at < text.size() && text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at) lines += text[at] == '\n' ? 1 : 0;
        if (at < text.size()) ++at;
      }
      field_begins = false;
      continue;
    }
    const std::size_t stop = text.find_first_of(",\n", at);
    if (stop == std::string_view::npos) break;
    if (text[stop] == '\n') return extent_at(text, stop, lines);
    at = stop + 1;
    field_begins = true;
  }
  if (!is_last || text.empty()) return std::nullopt;
  return whole(text, lines);
}

std::optional<Extent> line_extent(std::string_view text, bool is_last) {
  const std::size_t line_feed = text.find('\n');
  if (line_feed != std::string_view::npos) return extent_at(text, line_feed, 1);
  if (!is_last || text.empty()) return std::nullopt;
  return whole(text, 1);
}

base::Result<void> CsvRecord::split(std::string_view record) {
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(record.size());  // never more, so that views into it stay good
  std::size_t at = 0;
  for (;;) {
    if (at < record.size() && record[at] == '"') {
      const auto next = quoted(record, at + 1);
      if (!next) return tl::unexpected(next.error());
      at = *next;
    } else {
      const std::size_t end = std::min(record.find(',', at), record.size());
      const std::string_view field = record.substr(at, end - at);
      if (field.find('"') != std::string_view::npos)
        return tl::unexpected(broken(fields_.size(), "a quote inside of it").error());
      fields_.push_back(field);
      at = end;
    }
    if (at == record.size()) return {};
    ++at;  // the comma
  }
}

/// Takes the field that begins at `at`, behind its opening quote; gives where it ends.
base::Result<std::size_t> CsvRecord::quoted(std::string_view record, std::size_t at) {
  const std::size_t start = at;
  const std::size_t kept = unquoted_.size();
  std::size_t from = at;
  bool doubled = false;
  for (;;) {
    const std::size_t quote = record.find('"', at);
    if (quote == std::string_view::npos) return broken(fields_.size(), "no closing quote");
    if (quote + 1 < record.size() && record[quote + 1] == '"') {
      doubled = true;
      unquoted_.append(record.substr(from, quote + 1 - from));
      from = at = quote + 2;
      continue;
    }
    if (quote + 1 < record.size() && record[quote + 1] != ',')
      return broken(fields_.size(), "text behind its closing quote");
    if (doubled) unquoted_.append(record.substr(from, quote - from));
    fields_.push_back(doubled ? std::string_view(unquoted_).substr(kept)
                              : record.substr(start, quote - start));
    return quote + 1;
  }
}

}  // namespace msggw::roster
