// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/journal.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "tests/sim/smsc/printable.h"
#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

boost::json::object to_json(const Journal::Entry& e, std::string_view command) {
  boost::json::object out{{"n", e.number},
                          {"at", e.at},
                          {"link", e.link},
                          {"account", json_text(e.account.view())},
                          {"direction", e.in ? "in" : "out"},
                          {"command", command},
                          {"sequence", e.sequence},
                          {"status", e.status},
                          {"statusName", status_name(e.status)}};
  if (!e.message_id.view().empty()) out["messageId"] = json_text(e.message_id.view());
  if (e.has_sm) {
    out["source"] = json_text(e.source.view());
    out["destination"] = json_text(e.destination.view());
    out["esmClass"] = e.esm_class;
    out["dataCoding"] = e.data_coding;
    out["registeredDelivery"] = e.registered_delivery;
    out["size"] = e.octets_size;
    out["octets"] = to_hex(e.octets.view());
  }
  return out;
}

}  // namespace

void Journal::Entry::set(const Sm& sm) {
  has_sm = true;
  source = sm.source.text;
  destination = sm.destination.text;
  esm_class = sm.esm_class;
  data_coding = sm.data_coding;
  registered_delivery = sm.registered_delivery;
  octets_size = static_cast<std::uint16_t>(std::min<std::size_t>(sm.octets.size(), 0xFFFF));
  octets = sm.octets;
  if (!sm.receipted_message_id.empty()) message_id = sm.receipted_message_id;
}

Journal::Entry& Journal::next() {
  ++last_;
  if (ring_.empty()) ring_.resize(most_);
  Entry& entry = ring_[last_ % most_];
  entry = Entry{};
  entry.number = last_;
  return entry;
}

void Journal::keep(std::size_t most) {
  if (most == most_) return;
  most_ = most;
  clear();
}

void Journal::clear() {
  cleared_ = last_;
  ring_.clear();
  ring_.shrink_to_fit();
}

boost::json::object Journal::list(const Filter& filter) const {
  const std::uint64_t kept = std::min<std::uint64_t>(last_ - cleared_, most_);
  boost::json::array entries;
  for (std::uint64_t n = std::max(last_ - kept, filter.since) + 1; n <= last_; ++n) {
    if (entries.size() >= filter.limit) break;
    const Entry& e = ring_[n % most_];
    const std::string command = command_name(e.command);
    if (!filter.command.empty() && filter.command != command) continue;
    if (!filter.account.empty() && filter.account != e.account.view()) continue;
    if (!filter.direction.empty() && filter.direction != (e.in ? "in" : "out")) continue;
    entries.emplace_back(to_json(e, command));
  }
  return {{"entries", std::move(entries)}, {"last", last_}, {"lost", last_ - cleared_ - kept}};
}

}  // namespace msggw::smsc
