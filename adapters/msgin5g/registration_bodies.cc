// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/registration_bodies.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/document.h"
#include "gateway/base/json.h"

namespace msggw::msgin5g {

namespace {

/// Of a result without its Service ID: names, a status, a cause of some length.
constexpr std::size_t kResultOctets = 128;
constexpr std::size_t kMostCauseOctets = 256;
/// Values in one result, with room for members that nobody here knows.
constexpr std::size_t kResultItems = 16;

void append_registration(base::ObjectWriter& out, const core::ServerTask& task,
                         const Reach& reach) {
  out.text("gwType", task.ue_type == core::UeType::legacy_3gpp ? "L3G" : "N3G");
  out.text("targetUri", reach.target_uri);
  out.number("lifetime", static_cast<std::uint64_t>(reach.lifetime.count()));
  if (reach.segment_octets > 0) out.number("segSize", reach.segment_octets);
}

base::Result<RegistrationMeaning> read_result(const boost::json::value& result,
                                              const core::ServerTask& asked) {
  if (base::text_member(result, "ueSvcId") != asked.service_id)
    return base::fail(base::Errc::incorrect, "a result is about another device than was asked for");
  const auto* const status = base::member(result, "status");
  if (status == nullptr || !status->is_int64() || status->get_int64() < 100 ||
      status->get_int64() > 599)
    return base::fail(base::Errc::incorrect, "the status of a result is none");
  const auto cause = base::text_member(result, "cause").value_or("").substr(0, kMostCauseOctets);
  auto meaning = registration_meaning_of(static_cast<unsigned>(status->get_int64()), cause);
  if (auto* const granted = std::get_if<Granted>(&meaning)) granted->lifetime = lifetime_in(result);
  return meaning;
}

}  // namespace

std::string write_registration(const core::ServerTask& task, const Reach& reach) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  append_registration(writer, task, reach);
  writer.end();
  return body;
}

std::string write_registrations(std::span<const core::ServerTask> tasks, const Reach& reach) {
  std::string list = "[";
  for (const core::ServerTask& task : tasks) {
    if (list.size() > 1) list += ',';
    base::ObjectWriter writer(base::Encoding::json, list);
    writer.text("ueSvcId", task.service_id);
    append_registration(writer, task, reach);
    writer.end();
  }
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.document("registrations", list += ']');
  writer.end();
  return body;
}

/// A character of the Service ID may be escaped.
std::size_t bulk_octets_of(const core::ServerTask& task, const Reach& reach) noexcept {
  return 2 * task.service_id.size() + reach.target_uri.size() + kResultOctets;
}

base::Result<std::vector<RegistrationMeaning>> read_results(std::string_view body,
                                                            std::span<const core::ServerTask> asked,
                                                            const Limits& limits) {
  const auto read = base::parse_json(
      body, {.octets = limits.body_octets, .items = kResultItems * (asked.size() + 1)});
  if (!read) return base::fail(read.error().code, read.error().detail);
  const auto* const list = base::member(*read, "results");
  const auto* const results = list == nullptr ? nullptr : list->if_array();
  if (results == nullptr) return base::fail(base::Errc::missing, "there are no results");
  if (results->size() != asked.size()) {
    return base::fail(base::Errc::incorrect, std::to_string(results->size()) + " results for " +
                                                 std::to_string(asked.size()) + " devices");
  }
  std::vector<RegistrationMeaning> meanings;
  meanings.reserve(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto meaning = read_result((*results)[i], asked[i]);
    if (!meaning) return tl::unexpected(std::move(meaning.error()));
    meanings.push_back(std::move(*meaning));
  }
  return meanings;
}

}  // namespace msggw::msgin5g
