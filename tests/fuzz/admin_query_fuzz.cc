// SPDX-License-Identifier: Apache-2.0
// A request to the operator's API: the first line of the input is its path, the second its query,
// the rest its body.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/admin/message_query.h"
#include "gateway/admin/query.h"
#include "gateway/admin/removals.h"
#include "gateway/admin/target.h"
#include "gateway/base/path_segment.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace msggw::admin {
namespace {

std::string_view next_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

/// Whether it has been understood; if not, the reason can be shown.
template <class Query>
bool is_good(const base::Result<Query>& query) {
  if (query) return true;
  base::ensure(!query.error().detail.empty() && !base::has_control(query.error().detail),
               "a reason is there and printable");
  return false;
}

void check_target(std::string_view path) {
  const Target target = parse_target(path);
  switch (target.kind) {
    case Target::Kind::unknown:
    case Target::Kind::status:
    case Target::Kind::removals:
    case Target::Kind::devices:
    case Target::Kind::messages:
    case Target::Kind::message_removals:
    case Target::Kind::trace:
    case Target::Kind::credential_lists:
    case Target::Kind::malformed: return;
    case Target::Kind::message:
      base::ensure(
          parse_target("/api/v1/messages/" + std::to_string(target.number)).number == target.number,
          "a number means one message");
      return;
    case Target::Kind::device:
    case Target::Kind::suspend:
    case Target::Kind::resume:
    case Target::Kind::reprovision:
    case Target::Kind::forget:
    case Target::Kind::why:
    case Target::Kind::credentials:
    case Target::Kind::credential:
    case Target::Kind::alias: break;
  }
  std::string again = "/api/v1/devices/" + base::path_segment(target.private_id);
  if (target.kind == Target::Kind::alias) again += "/aliases/" + base::path_segment(target.alias);
  if (target.kind == Target::Kind::credential)
    again += "/credentials/" + std::to_string(target.number);
  const Target same = parse_target(again);
  base::ensure(same.private_id == target.private_id && same.alias == target.alias &&
                   same.number == target.number,
               "a name means one device, however it is encoded");
}

void check_queries(std::string_view query) {
  if (const auto parameters = read_query(query); is_good(parameters)) {
    base::ensure(parameters->size() <= kMostParameters, "parameters have a limit");
  }
  if (const auto devices = parse_list_query(query); is_good(devices)) {
    base::ensure(devices->limit > 0 && devices->limit <= ListQuery::kMostLimit, "pages too");
  }
  if (const auto messages = parse_message_list_query(query); is_good(messages)) {
    base::ensure(messages->limit > 0 && messages->limit <= MessageListQuery::kMostLimit,
                 "pages too");
  }
  is_good(read_flag(query, "content"));
  if (const auto trace = parse_trace_query(query); is_good(trace))
    base::ensure(!trace->empty(), "a trace is of something");
}

void check_bodies(std::string_view body) {
  if (const auto devices = parse_removal_query(body); is_good(devices)) {
    const core::Selection& selection = devices->selection;
    base::ensure(!selection.matching.empty() || selection.idle_since_s || selection.source,
                 "not nothing means all devices");
  }
  if (const auto messages = parse_message_removal_query(body); is_good(messages)) {
    const MessageSelection& selection = messages->selection;
    base::ensure(!selection.private_id.empty() || selection.of.up || selection.of.priority,
                 "not nothing means all messages");
  }
}

}  // namespace
}  // namespace msggw::admin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace admin = msggw::admin;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  admin::check_target(admin::next_line(rest));
  admin::check_queries(admin::next_line(rest));
  admin::check_bodies(rest);
  return 0;
}
