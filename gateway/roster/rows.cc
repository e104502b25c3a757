// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/rows.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::roster {

namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kInfoPrefix = "info.";
constexpr char kBetweenAliases = ';';
constexpr std::size_t kParseRoom = 2'048;

struct TypeWord {
  std::string_view word;
  core::UeType type;
};
constexpr TypeWord kTypeWords[] = {{"non3gpp", core::UeType::non_3gpp},
                                   {"legacy", core::UeType::legacy_3gpp},
                                   {"ue", core::UeType::msgin5g_ue},
                                   {"as", core::UeType::as}};

tl::unexpected<base::Error> wrong_type(std::string_view word) {
  return fail(Errc::incorrect, "type '" + base::printable(word) +
                                   "' is unknown; allowed are non3gpp, legacy, ue and as");
}

/// Blanks at its ends are no part of a name in a list: people do not see them, and spreadsheets and
/// editors leave them there.
std::string_view without_blanks(std::string_view name) noexcept {
  const auto begin = std::min(name.find_first_not_of(" \t"), name.size());
  return name.substr(begin, name.find_last_not_of(" \t") + 1 - begin);
}

void append_info(std::string& info, std::string_view name, std::string_view value) {
  info += info.empty() ? '{' : ',';
  base::append_json_string(info, name);
  info += ':';
  base::append_json_string(info, value);
}

base::Result<void> take_aliases(const boost::json::value& value, Row& row) {
  const auto* list = value.if_array();
  if (list == nullptr) return fail(Errc::incorrect, "aliases is no array");
  for (const boost::json::value& each : *list) {
    const auto alias = base::text_of(each);
    if (!alias) return fail(Errc::incorrect, "aliases has a member that is no string");
    row.aliases.emplace_back(without_blanks(*alias));
  }
  return {};
}

/// "a;b": a Private ID with a ';' in it needs JSON.
base::Result<void> split_aliases(std::string_view field, Row& row) {
  for (;;) {
    const auto end = field.find(kBetweenAliases);
    const std::string_view alias = without_blanks(field.substr(0, end));
    if (alias.empty()) return fail(Errc::incorrect, "aliases: one of them is empty");
    row.aliases.emplace_back(alias);
    if (end == std::string_view::npos) return {};
    field.remove_prefix(end + 1);
  }
}

base::Result<void> take_member(std::string_view name, const boost::json::value& value, Row& row) {
  const auto text = base::text_of(value);
  if (name == "privateId") {
    if (!text) return fail(Errc::incorrect, "privateId is no string");
    row.private_id = without_blanks(*text);
  } else if (name == "aliases") {
    return take_aliases(value, row);
  } else if (name == "ueType") {
    const auto type = text ? type_of(*text) : std::nullopt;
    if (!type) return wrong_type(text.value_or(""));
    row.ue_type = *type;
  } else if (name == "info") {
    const auto* object = value.if_object();
    if (object == nullptr) return fail(Errc::incorrect, "info is no object");
    if (!object->empty()) base::append_json(row.info, value);
  } else {
    return fail(Errc::incorrect,
                "member '" + base::printable(name) +
                    "' is unknown; allowed are privateId, aliases, ueType and info");
  }
  return {};
}

void clear(Row& row) {
  row.ue_type.reset();
  row.private_id.clear();
  row.info.clear();
  row.aliases.clear();
}

}  // namespace

std::string_view name_of(Format format) noexcept {
  switch (format) {
    case Format::csv: return "csv";
    case Format::jsonl: return "jsonl";
  }
  return "?";
}

std::string_view media_type(Format format) noexcept {
  switch (format) {
    case Format::csv: return "text/csv";
    case Format::jsonl: return "application/jsonl";
  }
  return "?";
}

std::optional<Format> format_of(std::string_view content_type) noexcept {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  if (type == "text/csv") return Format::csv;
  if (type == "application/jsonl" || type == "application/x-ndjson") return Format::jsonl;
  return std::nullopt;
}

std::string_view without_mark(std::string_view list) noexcept {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return list.substr(list.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

std::optional<Extent> extent(Format format, std::string_view text, bool is_last) {
  return format == Format::csv ? csv_extent(text, is_last) : line_extent(text, is_last);
}

std::optional<core::UeType> type_of(std::string_view word) noexcept {
  const auto found = std::find_if(std::begin(kTypeWords), std::end(kTypeWords),
                                  [&](const TypeWord& known) { return known.word == word; });
  if (found != std::end(kTypeWords)) return found->type;
  return core::ue_type_of(word);
}

base::Result<void> read_json_row(std::string_view text, Row& row) {
  clear(row);
  constexpr base::DocumentLimits kLimits{
      .octets = RowReader::kMostRecordOctets, .depth = 16, .items = 1'024};
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  const auto value = base::parse_json(text, kLimits, &memory);
  if (!value) return tl::unexpected(value.error());
  const auto* object = value->if_object();
  if (object == nullptr) return fail(Errc::malformed, "no JSON object");
  for (const auto& [name, member] : *object) {
    if (auto taken = take_member({name.data(), name.size()}, member, row); !taken) return taken;
  }
  if (row.private_id.empty()) return fail(Errc::missing, "no privateId");
  return {};
}

base::Result<void> RowReader::read_header(std::string_view record) {
  if (auto split = csv_.split(record); !split) return split;
  if (csv_.fields().size() > kMostColumns) {
    return fail(Errc::too_large, "more than " + std::to_string(kMostColumns) + " columns");
  }
  std::vector<Column> columns;
  bool has_id = false;
  for (const std::string_view name : csv_.fields()) {
    const bool again = std::count(csv_.fields().begin(), csv_.fields().end(), name) > 1;
    if (again)
      return fail(Errc::incorrect, "the column '" + base::printable(name) + "' stands there twice");
    if (name == "private_id") {
      has_id = true;
      columns.push_back({Column::Kind::private_id, {}});
    } else if (name == "type") {
      columns.push_back({Column::Kind::type, {}});
    } else if (name == "aliases") {
      columns.push_back({Column::Kind::aliases, {}});
    } else if (name.size() > kInfoPrefix.size() && name.starts_with(kInfoPrefix)) {
      columns.push_back({Column::Kind::info, std::string(name.substr(kInfoPrefix.size()))});
    } else {
      return fail(Errc::incorrect,
                  "the column '" + base::printable(name) +
                      "' is unknown; allowed are private_id, type, aliases and info.NAME");
    }
  }
  if (!has_id) return fail(Errc::missing, "no column private_id in the header");
  columns_ = std::move(columns);
  return {};
}

bool RowReader::is_blank(std::string_view record) noexcept {
  return record.find_first_not_of(" \t\r") == std::string_view::npos;
}

base::Result<void> RowReader::read(std::string_view record, Row& row) {
  base::ensure(!wants_header(), "the header comes first");
  if (record.size() > kMostRecordOctets) {
    return fail(Errc::too_large,
                "a record of more than " + std::to_string(kMostRecordOctets) + " octets");
  }
  return format_ == Format::csv ? read_csv(record, row) : read_json_row(record, row);
}

base::Result<void> RowReader::read_csv(std::string_view record, Row& row) {
  clear(row);
  if (auto split = csv_.split(record); !split) return split;
  const auto& fields = csv_.fields();
  if (fields.size() != columns_.size()) {
    return fail(Errc::incorrect, std::to_string(fields.size()) + " fields, the header has " +
                                     std::to_string(columns_.size()));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view field = fields[i];
    if (field.empty()) continue;
    switch (columns_[i].kind) {
      case Column::Kind::private_id: row.private_id = without_blanks(field); break;
      case Column::Kind::type: {
        const auto type = type_of(field);
        if (!type) return wrong_type(field);
        row.ue_type = *type;
        break;
      }
      case Column::Kind::aliases:
        if (auto split = split_aliases(field, row); !split) return split;
        break;
      case Column::Kind::info:
        if (!base::is_utf8(field))
          return fail(Errc::malformed,
                      "info." + base::printable(columns_[i].name) + " is not UTF-8");
        append_info(row.info, columns_[i].name, field);
        break;
    }
  }
  if (!row.info.empty()) row.info += '}';
  if (row.private_id.empty()) return fail(Errc::missing, "no private_id");
  return {};
}

}  // namespace msggw::roster
