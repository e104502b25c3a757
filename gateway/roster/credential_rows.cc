// SPDX-License-Identifier: Apache-2.0
#include "gateway/roster/credential_rows.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::roster {

namespace {

using base::Errc;
using base::fail;

struct Element {
  std::string_view column;
  std::string_view member;
  std::string CredentialRow::* field;
};
constexpr Element kElements[] = {{"private_id", "privateId", &CredentialRow::private_id},
                                 {"kind", "kind", &CredentialRow::kind},
                                 {"name", "name", &CredentialRow::name},
                                 {"key", "key", &CredentialRow::key},
                                 {"hash", "hash", &CredentialRow::hash},
                                 {"not_before", "notBefore", &CredentialRow::not_before},
                                 {"not_after", "notAfter", &CredentialRow::not_after}};

const Element* element_of(std::string_view name, std::string_view Element::* word) {
  const auto* const found =
      std::find_if(std::begin(kElements), std::end(kElements),
                   [&](const Element& element) { return element.*word == name; });
  return found == std::end(kElements) ? nullptr : found;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace

base::Result<void> read_json_credential(std::string_view text, CredentialRow& row) {
  row = {};
  const auto value = base::parse_json(text, {.octets = CredentialRowReader::kMostRecordOctets});
  if (!value) return fail(Errc::malformed, "no JSON object");
  const auto* object = value->if_object();
  if (object == nullptr) return fail(Errc::malformed, "no JSON object");
  for (const auto& [name, member] : *object) {
    const Element* const element = element_of({name.data(), name.size()}, &Element::member);
    if (element == nullptr)
      return fail(Errc::incorrect, "member '" + base::printable({name.data(), name.size()}) +
                                       "' is unknown; allowed are kind, name, key, hash, "
                                       "notBefore and notAfter");
    const auto its_text = base::text_of(member);
    if (!its_text) return fail(Errc::incorrect, std::string(element->member) + " is no string");
    row.*element->field = trimmed(*its_text);
  }
  return {};
}

base::Result<void> CredentialRowReader::read_header(std::string_view record) {
  if (auto split = csv_.split(record); !split) return split;
  std::vector<std::string CredentialRow::*> columns;
  for (const std::string_view name : csv_.fields()) {
    const Element* const element = element_of(trimmed(name), &Element::column);
    if (element == nullptr)
      return fail(Errc::incorrect, "the column '" + base::printable(name) +
                                       "' is unknown; allowed are private_id, kind, name, key, "
                                       "hash, not_before and not_after");
    if (std::find(columns.begin(), columns.end(), element->field) != columns.end())
      return fail(Errc::incorrect, "the column '" + base::printable(name) + "' stands there twice");
    columns.push_back(element->field);
  }
  if (std::find(columns.begin(), columns.end(), &CredentialRow::private_id) == columns.end())
    return fail(Errc::missing, "no column private_id in the header");
  columns_ = std::move(columns);
  return {};
}

base::Result<void> CredentialRowReader::read(std::string_view record, CredentialRow& row) {
  base::ensure(!columns_.empty(), "the header comes first");
  row = {};
  if (record.size() > kMostRecordOctets)
    return fail(Errc::too_large,
                "a record of more than " + std::to_string(kMostRecordOctets) + " octets");
  if (auto split = csv_.split(record); !split) return split;
  const auto& fields = csv_.fields();
  if (fields.size() != columns_.size())
    return fail(Errc::incorrect, std::to_string(fields.size()) + " fields, the header has " +
                                     std::to_string(columns_.size()));
  for (std::size_t i = 0; i < fields.size(); ++i) row.*columns_[i] = trimmed(fields[i]);
  if (row.private_id.empty()) return fail(Errc::missing, "no private_id");
  return {};
}

}  // namespace msggw::roster
