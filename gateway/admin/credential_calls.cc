// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/credential_calls.h"

#include <utility>

#include "gateway/admin/answers.h"
#include "gateway/admin/api.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/query.h"
#include "gateway/base/document.h"
#include "gateway/base/log.h"
#include "gateway/roster/device_json.h"
#include "gateway/roster/rows.h"

namespace msggw::admin {

namespace {

using base::Errc;

http::Response no_device() {
  return problem(404, "unknown_device", "no such device");
}

base::Result<std::uint32_t> time_in(std::string_view text, const char* name) {
  if (text.empty()) return 0;
  const auto time = roster::parse_time(text);
  if (time && *time != 0) return *time;
  return base::fail(Errc::incorrect, std::string(name) + ": " + std::string(roster::kTimesAllowed));
}

/// What `row` says; `key` takes the octets of its key.
base::Result<credentials::NewCredential> credential_of(const roster::CredentialRow& row,
                                                       std::string& key) {
  credentials::NewCredential what;
  const auto kind = credentials::kind_of(row.kind.empty() ? "psk" : row.kind);
  if (!kind) return base::fail(Errc::incorrect, "kind: allowed are psk, password and certificate");
  what.kind = *kind;
  what.name = row.name;
  const bool is_psk = *kind == credentials::Kind::psk;
  if ((!row.key.empty() && !is_psk) || (!row.hash.empty() && *kind != credentials::Kind::password))
    return base::fail(Errc::incorrect,
                      "a key is of a psk, a hash of a password, and a certificate has neither");
  if (is_psk) {
    auto octets = credentials::read_key(row.key);
    if (!octets) return tl::unexpected(octets.error());
    key = std::move(*octets);
    what.secret = key;
  } else {
    what.secret = row.hash;
  }
  const auto not_before = time_in(row.not_before, "notBefore");
  if (!not_before) return tl::unexpected(not_before.error());
  const auto not_after = time_in(row.not_after, "notAfter");
  if (!not_after) return tl::unexpected(not_after.error());
  what.not_before_s = *not_before;
  what.not_after_s = *not_after;
  return what;
}

}  // namespace

void CredentialCalls::of_device(const http::Request& request, std::string_view private_id,
                                const http::Responder& responder, base::TimePoint now) {
  if (request.method == "GET" || request.method == "HEAD") {
    const auto device = operations_.tables().find_private_id(private_id);
    return responder.respond(device ? list(*device, now) : no_device());
  }
  if (request.method != "POST") return responder.respond(not_allowed("GET, HEAD, POST"));
  roster::CredentialRow row;
  if (const auto read = roster::read_json_credential(request.body, row); !read)
    return responder.respond(failure(read.error()));
  if (!row.private_id.empty())
    return responder.respond(
        failure({Errc::incorrect, "privateId stands in the path, and so not in the body"}));
  row.private_id = private_id;
  const auto added = add(row, now);
  if (!added) return responder.respond(failure(added.error()));
  const auto& entry = *side_.find(added->no);
  if (added->is_new) note("credential_added", entry, request.source);
  when_durable_(responder, json_answer(added->is_new ? 201 : 200, describe(entry, now)));
}

base::Result<credentials::Added> CredentialCalls::add(const roster::CredentialRow& row,
                                                      base::TimePoint now) {
  const auto device = operations_.tables().find_private_id(row.private_id);
  if (!device)
    return base::fail(Errc::unknown_device, "no such device; add it first (msggw devices add)");
  std::string key;
  const auto what = credential_of(row, key);
  if (!what) return tl::unexpected(what.error());
  auto added = side_.add(*device, *what);
  if (!added || !added->is_new) return added;
  // The operator has taken notice of it: it does not give way as one of an open first contact.
  static_cast<void>(operations_.add_device(
      {.ue_type = std::nullopt, .private_id = row.private_id, .info = {}}, now));
  return added;
}

void CredentialCalls::remove(const http::Request& request, const Target& target,
                             const http::Responder& responder, base::TimePoint now) {
  const std::uint64_t number = target.number;
  const auto device = operations_.tables().find_private_id(target.private_id);
  if (!device) return responder.respond(no_device());
  const auto* const entry =
      number > UINT32_MAX
          ? nullptr
          : side_.find(credentials::CredentialNo{static_cast<std::uint32_t>(number)});
  if (entry == nullptr || entry->device != *device)
    return responder.respond(
        problem(404, "unknown_credential", "the device has no such credential"));
  const auto also_last = read_flag(request.query, "last");
  if (!also_last) return responder.respond(failure(also_last.error()));
  if (!*also_last && side_.of(*device).size() == 1)
    return responder.respond(problem(
        409, "last_credential",
        "it is the device's last one, and without any, whoever claims to be the device is believed "
        "where listeners are open; give it another one first, suspend the device, or remove also "
        "the last one (--last, ?last=true)"));
  std::string was = describe(*entry, now);
  note("credential_removed", *entry, request.source);
  side_.remove(*device, entry->no);
  when_told_(responder, json_answer(200, std::move(was)));
}

void CredentialCalls::take_list(const http::Request& request, const http::Responder& responder,
                                base::TimePoint now) {
  constexpr auto kCsv = roster::Format::csv;
  if (roster::format_of(request.content_type) != kCsv)
    return responder.respond(problem(415, "unsupported", "the content type must be text/csv"));
  std::string_view rest = roster::without_mark(request.body);
  roster::CredentialRowReader reader;
  std::size_t counts[3] = {};  // added, known, failed
  std::size_t rows = 0;
  std::string results;
  bool has_header = false;
  while (const auto end = roster::extent(kCsv, rest, true)) {
    const std::string_view record = rest.substr(0, end->octets);
    rest.remove_prefix(end->with_end);
    if (!has_header) {
      if (const auto read = reader.read_header(record); !read)
        return responder.respond(failure(read.error()));
      has_header = true;
      continue;
    }
    if (roster::RowReader::is_blank(record)) continue;
    // Those before are in: whoever sends more hears of each.
    const bool is_too_many = ++rows > Api::kMostRows;
    roster::CredentialRow row;
    const auto read = is_too_many ? base::fail(Errc::too_large, "more than 1000 rows in a list")
                                  : reader.read(record, row);
    const auto added =
        read ? add(row, now) : base::Result<credentials::Added>(tl::unexpected(read.error()));
    if (!results.empty()) results += ',';
    base::ObjectWriter result(base::Encoding::json, results);
    ++counts[!added ? 2 : added->is_new ? 0 : 1];
    result.text("status", !added ? "failed" : added->is_new ? "added" : "known");
    if (added) {
      result.number("id", credentials::number(added->no));
    } else {
      result.text("cause", base::name_of(added.error().code));
      result.text("detail", added.error().detail);
    }
    result.end();
  }
  if (!has_header)
    return responder.respond(failure({Errc::missing, "no header, and so no column private_id"}));
  base::log::info("credentials_imported", {{"added", counts[0]},
                                           {"known", counts[1]},
                                           {"failed", counts[2]},
                                           {"operator", base::to_string(request.source)}});
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.number("added", counts[0]);
  writer.number("known", counts[1]);
  writer.number("failed", counts[2]);
  writer.json("rows", "[" + results + "]");
  writer.end();
  when_durable_(responder, json_answer(200, std::move(body)));
}

std::string CredentialCalls::describe(const credentials::Book::Entry& entry,
                                      base::TimePoint now) const {
  std::string out;
  base::ObjectWriter writer(base::Encoding::json, out);
  writer.number("id", credentials::number(entry.no));
  writer.text("privateId", operations_.tables().device(entry.device).private_id);
  writer.text("kind", credentials::name_of(entry.kind));
  writer.text("name", entry.name);
  writer.text("standing", credentials::name_of(side_.standing_of(entry, now)));
  if (entry.not_before_s != 0) writer.text("notBefore", roster::print_time(entry.not_before_s));
  if (entry.not_after_s != 0) writer.text("notAfter", roster::print_time(entry.not_after_s));
  writer.end();
  return out;
}

http::Response CredentialCalls::list(core::DeviceNo device, base::TimePoint now) const {
  std::string all;
  for (const auto* const entry : side_.of(device))
    all += (all.empty() ? "" : ",") + describe(*entry, now);
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.json("credentials", "[" + all + "]");
  writer.end();
  return json_answer(200, std::move(body));
}

void CredentialCalls::note(std::string_view event, const credentials::Book::Entry& entry,
                           base::Source source) const {
  base::log::info(event, {{"private_id", operations_.tables().device(entry.device).private_id},
                          {"credential", credentials::number(entry.no)},
                          {"kind", credentials::name_of(entry.kind)},
                          {"operator", base::to_string(source)}});
}

}  // namespace msggw::admin
