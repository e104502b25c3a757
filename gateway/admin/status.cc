// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/status.h"

#include "gateway/base/document.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;

std::string json_of(const std::vector<Status::SmscState>& smscs) {
  std::string out = "[";
  for (const Status::SmscState& smsc : smscs) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter writer(kJson, out);
    writer.text("name", smsc.name);
    writer.text("address", smsc.address);
    writer.text("bind", smsc.bind);
    writer.text("state", smsc.state);
    writer.text("since", roster::print_time(core::to_seconds(smsc.since)));
    if (!smsc.reason.empty()) writer.text("reason", smsc.reason);
    writer.end();
  }
  return out + "]";
}

std::string json_of(const std::vector<Status::Address>& addresses) {
  std::string out = "[";
  for (const Status::Address& address : addresses) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter writer(kJson, out);
    writer.text("url", address.url);
    if (!address.origin.empty()) writer.text("origin", address.origin);
    writer.text("state", !address.up ? "down" : address.answered ? "up" : "not_asked");
    if (address.answered) {
      writer.text("lastAnswer", roster::print_time(core::to_seconds(*address.answered)));
    }
    if (!address.reason.empty()) writer.text("reason", address.reason);
    writer.end();
  }
  return out + "]";
}

std::string json_of(const std::vector<Status::ServerState>& servers) {
  std::string out = "[";
  for (const Status::ServerState& server : servers) {
    if (out.size() > 1) out += ',';
    const std::string addresses = json_of(server.addresses);
    base::ObjectWriter writer(kJson, out);
    writer.text("name", server.name);
    writer.text("serviceId", server.service_id);
    writer.json("addresses", addresses);
    writer.number("underWay", server.under_way);
    writer.end();
  }
  return out + "]";
}

std::string json_of(const std::vector<Status::Listener>& all) {
  std::string out = "[";
  for (const Status::Listener& listener : all) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter writer(kJson, out);
    writer.text("url", listener.url);
    writer.text("purpose", listener.purpose);
    writer.end();
  }
  return out + "]";
}

std::string json_of(const std::vector<Status::Trouble>& troubles) {
  std::string out = "[";
  for (const Status::Trouble& trouble : troubles) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter writer(kJson, out);
    writer.text("part", trouble.part);
    if (!trouble.name.empty()) writer.text("name", trouble.name);
    writer.text("state", trouble.down ? "down" : "limited");
    writer.text("since", roster::print_time(core::to_seconds(trouble.since)));
    writer.text("why", trouble.why);
    writer.end();
  }
  return out + "]";
}

/// What every status begins with.
void append_head(base::ObjectWriter& writer, const Status& now) {
  writer.text("version", now.version);
  if (!now.commit.empty()) writer.text("commit", now.commit);
  writer.number("uptime", static_cast<std::uint64_t>(now.uptime.count()));
  writer.text("folder", now.folder);
  writer.json("degraded", json_of(now.troubles));
  writer.text("store", now.store_healthy ? "up" : "down");
  if (!now.store_reason.empty()) writer.text("storeReason", now.store_reason);
}

std::string counts_of(const core::Tables& tables) {
  std::string out;
  base::ObjectWriter counts(kJson, out);
  counts.number("total", tables.devices());
  for (const core::DeviceState state : core::kVisibleStates)
    counts.number(core::name_of(state), tables.devices_in(state));
  counts.end();
  return out;
}

std::string counted(std::size_t count, const char* one, const char* more) {
  return std::to_string(count) + (count == 1 ? one : more);
}

}  // namespace

std::string words_of(const Status::Kept& kept, bool has_service_id) {
  std::string text;
  if (kept.texts > 0)
    text =
        counted(kept.texts, " text that it has written waits", " texts that it has written wait") +
        (has_service_id ? " for room at the gateway" : " until it has its Service ID");
  if (kept.long_messages > 0)
    text += (text.empty() ? "" : "; ") +
            counted(kept.long_messages, " long message", " long messages") + " of it " +
            (kept.long_messages == 1 ? "lacks" : "lack") +
            " parts, which its SMSC has still to bring (sms.partial_timeout)";
  return text.empty() ? text : text + ".";
}

std::string json_of(const Status::Kept& kept) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.number("texts", kept.texts);
  writer.number("longMessages", kept.long_messages);
  writer.end();
  return out;
}

std::string status_json(const Status& now, const core::Tables& tables) {
  std::string body;
  base::ObjectWriter writer(kJson, body);
  append_head(writer, now);
  if (now.broker_connected) writer.text("broker", *now.broker_connected ? "up" : "down");
  if (!now.broker_reason.empty()) writer.text("brokerReason", now.broker_reason);
  if (!now.broker_lacks.empty()) writer.text("brokerLacks", now.broker_lacks);
  if (!now.smscs.empty()) {
    writer.json("smscs", json_of(now.smscs));
    writer.json("kept", json_of(now.kept));
  }
  writer.json("provisioningFunctions", json_of(now.provisioning_functions));
  if (!now.servers.empty()) writer.json("servers", json_of(now.servers));
  writer.json("devices", counts_of(tables));
  writer.number("pending", tables.on_their_way());
  writer.number("renewing", tables.on_their_way(core::Purpose::renewal));
  writer.json("listeners", json_of(now.listeners));
  writer.end();
  return body;
}

std::string status_json(const Status& now, const FunctionNumbers& numbers) {
  std::string body;
  base::ObjectWriter writer(kJson, body);
  append_head(writer, now);
  writer.number("assignments", numbers.assignments);
  writer.number("maxAssignments", numbers.max_assignments);
  writer.number("unanswered", numbers.unanswered);
  writer.number("maxUnanswered", numbers.max_unanswered);
  writer.number("rules", numbers.rules);
  if (numbers.gateways) writer.number("gateways", *numbers.gateways);
  writer.json("listeners", json_of(now.listeners));
  writer.end();
  return body;
}

}  // namespace msggw::admin
