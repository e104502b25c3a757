// SPDX-License-Identifier: Apache-2.0
// The bulk requests of the desk.
#include <algorithm>
#include <utility>

#include "provisioning/function/desk.h"
#include "provisioning/function/problems.h"

namespace msggw::function {

Desk::Begun Desk::begin_bulk(const Case& at) {
  if (base::is_coap(at.call.channel)) {
    auto answer = refuse(at.encoding, 405, "",
                         "bulk requests are taken over HTTP only; here one request asks for one "
                         "Private ID");
    answer.reply.allow = "GET, DELETE";
    return answer;
  }
  if (!at.call.body_encoding) return refuse_encoding(at.encoding, 415, true);
  if (!at.call.wanted) return refuse_encoding(at.encoding, 406, true);
  if (at.call.announced_octets > options_.wire.bulk_octets)
    return refuse(at.encoding, protocol::too_long(options_.wire.bulk_octets));
  auto decoded = protocol::decode_bulk_request(*at.call.body_encoding, at.call.body, options_.wire);
  if (!decoded.ok()) return refuse(at.encoding, decoded.problem);
  auto bulk = std::make_unique<Bulk>();
  bulk->channel = at.call.channel;
  bulk->encoding = at.encoding;
  bulk->answers.reserve(decoded.items.size());
  bulk->asked = std::move(decoded);
  return Begun(std::move(bulk));
}

std::optional<Answer> Desk::go_on(Bulk& bulk, const Proof& proof) {
  Call call;
  call.channel = bulk.channel;
  const Case at{call, bulk.encoding, gateways_.who(proof)};
  const auto& items = bulk.asked.items;
  const std::size_t left = items.size() - bulk.answers.size();
  const std::size_t now =
      std::min(left, std::max<std::size_t>(1, kMostComparisons / policy_.rules().size()));
  const bool turned_away = is_turned_away(at.asker);  // since the last part
  for (std::size_t i = 0; i < now; ++i) {
    const auto& asked = items[bulk.answers.size()];
    bulk.answers.push_back(turned_away ? refuse_asker(at) : provision(at, asked, Wanted::reply));
    counters_.item(bulk.answers.back().reply.status);
  }
  if (now < left) return std::nullopt;
  Answer all = join(bulk);
  all.to_gateway = at.asker.standing == Asker::Standing::gateway;
  counters_.answered(bulk.channel, Method::post, all.reply.status);
  return all;
}

Answer Desk::join(const Bulk& bulk) {
  Answer all;
  std::vector<protocol::BulkItem> items;
  items.reserve(bulk.answers.size());
  for (const Answer& one : bulk.answers) {
    items.push_back({one.reply.status, one.reply.body, one.reply.retry_after});
    // Commits are numbered in their order: the last one holds what all items promise.
    all.due = std::max(all.due, one.due);
    all.reply.retry_after = std::max(all.reply.retry_after, one.reply.retry_after);
  }
  all.reply.status = 200;
  all.reply.encoding = bulk.encoding;
  all.reply.body = protocol::join_bulk_response(bulk.encoding, items);
  return all;
}

}  // namespace msggw::function
