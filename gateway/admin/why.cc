// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/why.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "gateway/admin/message_json.h"
#include "gateway/admin/newest_event.h"
#include "gateway/admin/seen.h"
#include "gateway/base/document.h"
#include "gateway/core/standing.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

namespace {

constexpr auto kJson = base::Encoding::json;
using core::DeviceState;
using core::Stage;

/// Of a time that stands in a row.
std::string print_row_time(const core::Tables& devices, std::uint32_t at_s) {
  return roster::print_time(core::to_seconds(devices.timeline.process_time(at_s)));
}

bool is_served(const core::Device& device) noexcept {
  return device.state == DeviceState::provisioned || device.state == DeviceState::registered;
}

std::string times(unsigned count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

std::string listed(const std::vector<std::string>& all, const char* between) {
  std::string out;
  for (const std::string& one : all) out += (out.empty() ? "" : between) + one;
  return out;
}

/// What addresses that do not answer say; empty: one answers.
std::string outage(const std::vector<Status::Address>& addresses) {
  std::vector<std::string> all;
  for (const Status::Address& address : addresses) {
    if (address.up) return {};
    all.push_back(address.url + (address.reason.empty() ? "" : ": " + address.reason));
  }
  return listed(all, "; ");
}

const std::vector<std::string>& server_ids(const WhySources& from, core::DeviceNo no) {
  return from.devices.profile(from.devices.device(no).profile).server_service_ids;
}

/// The same of all MSGin5G Servers of the device that are known here; empty also if none is.
std::string server_outage(const WhySources& from, core::DeviceNo no) {
  const auto& ids = server_ids(from, no);
  std::vector<Status::Address> addresses;
  for (const Status::ServerState& server : from.status.servers) {
    if (std::find(ids.begin(), ids.end(), server.service_id) != ids.end())
      addresses.insert(addresses.end(), server.addresses.begin(), server.addresses.end());
  }
  return outage(addresses);
}

std::string last_try(const core::Standing& standing) {
  if (!standing.tried) return {};
  std::string text = "; last tried at " + print_moment(*standing.tried);
  if (!standing.answer.empty()) text += ": " + std::string(standing.answer);
  return text;
}

/// How far it is with what the Provisioning Function is asked for.
std::string progress(const core::Standing& standing, const WhySources& from) {
  const std::string away = outage(from.status.provisioning_functions);
  switch (standing.stage) {
    case Stage::saving_record: return "its record is not on disk yet, and it is asked for then";
    case Stage::saving_answer: return "the answer has come and is not on disk yet";
    case Stage::saving_removal: return "its removal is not on disk yet";
    case Stage::sending: return "what it sent, and reports about what was for it, go up first";
    case Stage::leaving: return "its row goes with the next commit";
    case Stage::held: return "nothing is to be done, or an earlier request is still to end";
    case Stage::backing_off:
      return "tried in vain " + times(standing.failures) + last_try(standing) +
             (standing.next ? "; next try at " + print_moment(*standing.next) : "");
    case Stage::due:
    case Stage::asked: break;
  }
  if (!away.empty())
    return "no Provisioning Function answers (" + away + "); it is asked as soon as one does" +
           last_try(standing);
  if (standing.stage == Stage::asked)
    return "the Provisioning Function has been asked and has not answered yet" + last_try(standing);
  return "its turn has not come; " + std::to_string(from.devices.on_their_way()) +
         (from.devices.on_their_way() == 1 ? " device is" : " devices are") + " on the way" +
         last_try(standing);
}

/// The newest event of the device among these; null: none since the process began.
const core::DeviceEvent* last_of(const core::Tables& tables, core::DeviceNo no,
                                 std::initializer_list<core::Happening> which) {
  for (std::size_t i = tables.trace.size(); i-- > 0;) {
    const core::DeviceEvent& event = tables.trace[i];
    if (event.device != no) continue;
    if (event.what == core::Happening::gone) return nullptr;  // then it was another's number
    if (std::find(which.begin(), which.end(), event.what) != which.end()) return &event;
  }
  return nullptr;
}

std::string of_service_id(const WhySources& from, core::DeviceNo no) {
  const core::Device& device = from.devices.device(no);
  const auto standing = core::standing_of(from.devices, no);
  const core::Refusal* const refusal = from.devices.refusal(no);
  const std::string refused_at =
      refusal == nullptr ? "" : print_row_time(from.devices, refusal->at_s);
  switch (device.state) {
    case DeviceState::suspended:
      return "It is suspended by the operator: nothing is asked for it and its requests are "
             "refused until `msggw devices resume`.";
    case DeviceState::removing: {
      const bool sends = standing && standing->stage == Stage::sending;
      if (device.newcomer && !sends)
        return "It is being forgotten: its row goes when that is on disk.";
      if (device.newcomer) return "It is being forgotten: " + progress(*standing, from) + ".";
      std::string text = "It is being removed, and its Service ID is still to be released";
      if (refusal != nullptr)
        text += ", which the Provisioning Function refused at " + refused_at + ": " +
                refusal->cause + (refusal->detail.empty() ? "" : ": " + refusal->detail);
      if (standing) text += "; " + progress(*standing, from);
      return text + ".";
    }
    case DeviceState::refused: {
      const auto again = refusal->at_s + from.devices.limits.refused_retry.count();
      return "It has no Service ID: the Provisioning Function refused it at " + refused_at + ": " +
             refusal->cause + (refusal->detail.empty() ? "" : ": " + refusal->detail) +
             ". It is asked for again when it shows up after " +
             print_row_time(from.devices, static_cast<std::uint32_t>(again)) +
             ", or by `msggw devices reprovision`.";
    }
    case DeviceState::recorded:
      return standing ? "It has no Service ID: " + progress(*standing, from) + "."
                      : "It has no Service ID, and nothing is under way to get one.";
    case DeviceState::provisioned:
    case DeviceState::registered:
    case DeviceState::removed: break;
  }
  return {};
}

std::string of_renewal(const WhySources& from, core::DeviceNo no) {
  const auto standing = core::standing_of(from.devices, no);
  if (!standing || standing->purpose != core::Purpose::renewal) return {};
  return "It has its Service ID; fresh servers and service information are asked for: " +
         progress(*standing, from) + ".";
}

/// What happened last between the device and its server, and what comes of it.
std::string last_of_server(const WhySources& from, core::DeviceNo no) {
  using core::Happening;
  const core::DeviceEvent* const last =
      last_of(from.devices, no,
              {Happening::server_refused, Happening::server_put_off, Happening::left_server});
  if (last == nullptr) return "its turn has not come yet.";
  std::string text = last->what == Happening::server_refused   ? "it was refused there"
                     : last->what == Happening::server_put_off ? "the server did not take it"
                                                               : "it was no longer there";
  if (last->at != base::TimePoint{}) text += " at " + print_moment(last->at);
  if (!last->why.view().empty()) text += ": " + std::string(last->why.view());
  return text + ". It is tried again in its turn.";
}

/// Requires a device that has its Service ID.
std::string of_server(const WhySources& from, core::DeviceNo no) {
  const core::Device& device = from.devices.device(no);
  const bool here = device.is_registered();
  if (from.status.servers.empty())
    return here ? "This gateway has no MSGin5G Servers and carries no messages."
                : "It is not registered with this gateway over any protocol.";
  if (!from.messages.has_server(no))
    return "Its MSGin5G Servers (" + listed(server_ids(from, no), ", ") +
           ") are none that this gateway knows, so messages that it sends are refused with "
           "UNKNOWN_SERVER.";
  const std::string away = server_outage(from, no);
  if (device.state == DeviceState::registered)
    return "It is registered at its MSGin5G Server" +
           (away.empty() ? "." : ", which does not answer now (" + away + ").");
  if (!here)
    return "It is not registered with this gateway over any protocol, so it is not registered at "
           "its MSGin5G Server either.";
  if (!from.devices.server_book.is_used)
    return "This gateway registers no devices at MSGin5G Servers.";
  return "It is not registered at its MSGin5G Server: " +
         (away.empty() ? last_of_server(from, no)
                       : "that does not answer (" + away + "). It is tried when it does.");
}

/// What the device is waited for to do, over what it is registered.
std::string sign_of_life(const WhySources& from, core::DeviceNo no) {
  const std::uint8_t bearers = from.messages.carried_over(no);
  std::vector<std::string> signs;
  const auto add = [&](core::Bearer bearer, const char* sign) {
    if ((bearers & 1U << static_cast<unsigned>(bearer)) != 0) signs.emplace_back(sign);
  };
  add(core::Bearer::coap, "GETs or observes its inbox");
  add(core::Bearer::mqtt, "publishes online as its status, or anything else");
  add(core::Bearer::sms, "sends an SMS");
  return listed(signs, " or ");
}

/// Why what waits for the device cannot go to it now.
std::string of_absence(const WhySources& from, core::DeviceNo no) {
  const core::Device& device = from.devices.device(no);
  if (from.messages.reachable_over(no) != 0)
    return ", until the device gives a sign of life where it has proven who it is; over another "
           "protocol somebody has only claimed to be the device, and is there";
  const std::string heard = "; last heard of at " + print_row_time(from.devices, device.asked_s());
  if (!device.is_registered())
    return ", until the device registers; one that proves nothing at that (CoAP) does not get what "
           "waits now, unless coap.claim_inherits is set" +
           heard;
  const std::string sign = sign_of_life(from, no);
  if (sign.empty())
    return ", in vain: nothing over which the device is registered may bring it messages (see "
           "open_messages of [coap], topics_prove and open_messages of [mqtt])" +
           heard;
  return ", until the device " + sign + heard;
}

/// A broker or SMSCs that are away, of a device that is registered over them.
std::string of_ways(const WhySources& from, const core::Device& device) {
  const Status& status = from.status;
  if (device.binding(core::Bearer::mqtt).alive() && status.broker_connected.value_or(true) == false)
    return "The broker is not connected" +
           (status.broker_reason.empty() ? "" : " (" + status.broker_reason + ")") +
           ": nothing goes to the device or comes from it over MQTT.";
  const auto is_bound = [](const Status::SmscState& smsc) { return smsc.state == "bound"; };
  if (device.binding(core::Bearer::sms).alive() && !status.smscs.empty() &&
      std::none_of(status.smscs.begin(), status.smscs.end(), is_bound))
    return "No SMSC is bound (" + status.smscs.front().name +
           (status.smscs.front().reason.empty() ? "" : ": " + status.smscs.front().reason) +
           "): nothing goes to the device or comes from it by SMS.";
  return {};
}

/// When the head was given away, or what was said when it came back.
std::string of_head(const WhySources& from, const messages::Waiting& waiting) {
  using messages::Happening;
  const bool is_away = waiting.what == messages::WaitsFor::end;
  const messages::MessageEvent* const last =
      newest_event(from.messages.queue().trace, waiting.head,
                   is_away ? Happening::handed : Happening::came_back);
  if (last == nullptr) return {};
  const bool has_time = last->at != base::TimePoint{};
  if (is_away) return has_time ? "; given at " + print_moment(last->at) : "";
  if (last->said.view().empty()) return {};
  return "; it came back" + (has_time ? " at " + print_moment(last->at) : "") + ": " +
         std::string(last->said.view());
}

std::string of_lane(const WhySources& from, const messages::Waiting& waiting) {
  using messages::WaitsFor;
  const bool up = waiting.lane.up;
  const std::string away = up ? server_outage(from, waiting.lane.device) : std::string();
  const bool own = waiting.lane.texts;
  std::string text = std::to_string(waiting.messages) + (up ? " from it" : " for it") +
                     (waiting.messages == 1 ? " waits" : " wait") + " (" +
                     (own ? "what the gateway itself tells it"
                          : std::string(messages::name_of(waiting.lane.priority)) + " priority") +
                     ')';
  if (waiting.messages > 1)
    text += ", in order behind message " + std::to_string(messages::number(waiting.head));
  else
    text += ": message " + std::to_string(messages::number(waiting.head));
  switch (waiting.what) {
    case WaitsFor::commit: text += ", which is not on disk yet"; break;
    case WaitsFor::content: text += ", which is being read from the disk"; break;
    case WaitsFor::turn:
      text += up ? ", which waits until its MSGin5G Server takes messages"
                 : ", which is the next that the device is given";
      if (up && !away.empty()) text += "; that does not answer now (" + away + ")";
      break;
    case WaitsFor::end:
      text += up ? ", which the MSGin5G Server has been given and has not answered"
                 : ", which the device has been given and has not acknowledged";
      break;
    case WaitsFor::device:
      text += own ? ", until an SMSC is bound that takes messages"
                  : of_absence(from, waiting.lane.device);
      break;
    case WaitsFor::rest:
      text += own  ? ", which came back, and goes again when an SMSC is bound"
              : up ? ", which goes again when its turn comes"
                   : ", which came back: again when the device " +
                         sign_of_life(from, waiting.lane.device);
      break;
    case WaitsFor::proof:
      text +=
          ", withheld: since it came, whoever said that he is the device has registered anew and "
          "proved nothing, and a device keeps what waits for it by keeping its handle. It goes "
          "when the device proves who it is, over MQTT, say, or fails when its time is over; "
          "with coap.claim_inherits nothing is withheld";
      break;
  }
  text += of_head(from, waiting);
  if (waiting.tries > 0)
    text += "; tried in vain " + times(waiting.tries) +
            (up ? " while others passed" : ": the device was there and answered with an error");
  if (up && !from.messages.has_server(waiting.lane.device))
    text += "; none of its servers is known";
  return text + ".";
}

std::string json_of(const core::Standing& standing) {
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("purpose", core::name_of(standing.purpose));
  writer.text("stage", core::name_of(standing.stage));
  writer.number("failures", standing.failures);
  if (standing.tried) writer.text("tried", print_moment(*standing.tried));
  if (!standing.answer.empty()) writer.text("answer", standing.answer);
  if (standing.next) writer.text("next", print_moment(*standing.next));
  writer.end();
  return out;
}

std::string json_of(const std::vector<messages::Waiting>& all) {
  std::string out = "[";
  for (const messages::Waiting& waiting : all) {
    if (out.size() > 1) out += ',';
    base::ObjectWriter writer(kJson, out);
    writer.text("direction", waiting.lane.up ? "up" : "down");
    writer.text("priority", messages::name_of(waiting.lane.priority));
    if (waiting.lane.texts) writer.json("texts", "true");
    writer.number("messages", waiting.messages);
    writer.number("octets", waiting.octets);
    writer.number("first", messages::number(waiting.head));
    writer.text("for", messages::name_of(waiting.what));
    writer.number("tries", waiting.tries);
    writer.end();
  }
  return out + ']';
}

/// The first cause first.
std::vector<std::string> reasons_of(const WhySources& from, core::DeviceNo no) {
  const core::Device& device = from.devices.device(no);
  std::vector<std::string> all;
  const auto say = [&](std::string sentence) {
    if (!sentence.empty()) all.push_back(std::move(sentence));
  };
  if (!from.status.store_healthy)
    say("The store takes nothing now (" + from.status.store_reason +
        "), so nothing is promised to anybody.");
  say(of_service_id(from, no));
  if (is_served(device)) {
    say(of_renewal(from, no));
    say(of_server(from, no));
    say(of_ways(from, device));
  }
  if (from.status.kept_of) say(words_of(from.status.kept_of(no), device.has_service_id()));
  for (const messages::Waiting& waiting : from.messages.waiting(no)) say(of_lane(from, waiting));
  if (const auto passed_on = from.messages.passed_on(no); passed_on > 0)
    say("Its network has accepted, and has not said yet what became of: " +
        std::to_string(passed_on) + " for it.");
  if (const auto segments = from.messages.segments_of(no); segments > 0)
    say(std::to_string(segments) + " for it are segments, which fail if others do not come.");
  return all;
}

}  // namespace

std::string why_json(const WhySources& from, core::DeviceNo no) {
  const core::Device& device = from.devices.device(no);
  std::vector<std::string> bearers;
  for (const core::Bearer bearer : core::kAllBearers) {
    if ((from.messages.reachable_over(no) & 1U << static_cast<unsigned>(bearer)) != 0)
      bearers.emplace_back(core::name_of(bearer));
  }
  std::string out;
  base::ObjectWriter writer(kJson, out);
  writer.text("privateId", device.private_id);
  writer.text("state", core::name_of(device.state));
  if (device.has_service_id()) writer.text("serviceId", device.service_id);
  writer.texts("because", reasons_of(from, no));
  writer.text("lastHeard", print_row_time(from.devices, device.asked_s()));
  writer.texts("reachableOver", bearers);
  writer.json("presence", roster::presence_json(seen_of(from.devices, no)));
  if (const auto standing = core::standing_of(from.devices, no))
    writer.json("provisioning", json_of(*standing));
  if (from.status.kept_of) writer.json("kept", json_of(from.status.kept_of(no)));
  writer.json("waiting", json_of(from.messages.waiting(no)));
  writer.number("passedOn", from.messages.passed_on(no));
  writer.end();
  return out;
}

}  // namespace msggw::admin
