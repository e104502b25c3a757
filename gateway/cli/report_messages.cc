// SPDX-License-Identifier: Apache-2.0
// `msggw messages`, `msggw why` and `msggw trace`.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "gateway/cli/json_members.h"
#include "gateway/cli/report.h"

namespace msggw::cli {
namespace {

constexpr std::size_t kName = 18;
constexpr std::size_t kNumber = 11;
constexpr std::size_t kKind = 14;
constexpr std::size_t kDevice = 26;
constexpr std::size_t kStage = 9;
constexpr std::size_t kPriority = 10;
constexpr std::size_t kTime = 22;

/// Of a message, with what they are called for people.
constexpr std::pair<std::string_view, std::string_view> kTexts[] = {{"kind", "kind"},
                                                                    {"msgId", "msgId"},
                                                                    {"private id", "privateId"},
                                                                    {"service id", "serviceId"},
                                                                    {"stage", "stage"},
                                                                    {"cause", "cause"},
                                                                    {"priority", "priority"},
                                                                    {"accepted", "accepted"},
                                                                    {"expires", "expires"},
                                                                    {"application", "appId"}};

void line(std::ostream& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out << padded(std::string(name), kName) << value << '\n';
}

/// "AS as-1".
std::string address_of(const boost::json::value& message, std::string_view name) {
  const auto* address = base::member(message, name);
  return address == nullptr ? "" : text_of(*address, "addrType") + " " + text_of(*address, "addr");
}

/// What it carries; octets that are no text as base64, and nothing that moves the terminal.
void print_content(std::ostream& out, const boost::json::value& message) {
  if (const auto text = base::text_member(message, "content"))
    line(out, "content", base::printable(*text, text->size()));
  if (const auto digits = base::text_member(message, "contentBase64"))
    line(out, "content, base64", base::printable(*digits, digits->size()));
}

void print_event(std::ostream& out, const boost::json::value& event) {
  out << "  " << padded(text_of(event, "at"), 26) << padded(text_of(event, "what"), 16);
  const auto word = [&](const std::string& text) { out << text << (text.empty() ? "" : " "); };
  word(text_of(event, "kind"));
  if (const auto number = number_of(event, "message")) word(std::to_string(number));
  word(text_of(event, "msgId"));
  out << text_of(event, "privateId");
  if (const std::string bearer = text_of(event, "bearer"); !bearer.empty())
    out << " over " << bearer;
  if (const auto report = number_of(event, "report")) out << ", by message " << report;
  for (const char* const member : {"why", "said"}) {
    if (const std::string words = text_of(event, member); !words.empty()) out << ": " << words;
  }
  if (const auto times = number_of(event, "times"))
    out << " (" << times << " times, the last at " << text_of(event, "last") << ')';
  out << '\n';
}

}  // namespace

void print_messages_head(std::ostream& out) {
  out << padded("NUMBER", kNumber) << padded("KIND", kKind) << padded("PRIVATE ID", kDevice)
      << padded("STAGE", kStage) << padded("PRIORITY", kPriority) << padded("ACCEPTED", kTime)
      << "MSG ID\n";
}

void print_message_row(std::ostream& out, const boost::json::value& message) {
  out << padded(std::to_string(number_of(message, "number")), kNumber)
      << padded(text_of(message, "kind"), kKind) << padded(text_of(message, "privateId"), kDevice)
      << padded(text_of(message, "stage"), kStage)
      << padded(text_of(message, "priority"), kPriority)
      << padded(text_of(message, "accepted"), kTime) << text_of(message, "msgId") << '\n';
}

void print_message(std::ostream& out, const boost::json::value& message) {
  line(out, "number", std::to_string(number_of(message, "number")));
  for (const auto& [name, member] : kTexts) line(out, name, text_of(message, member));
  line(out, "from", address_of(message, "oriAddr"));
  line(out, "to", address_of(message, "destAddr"));
  line(out, "report",
       text_of(message, "delivSt") + (text_of(message, "failureCause").empty()
                                          ? ""
                                          : ", " + text_of(message, "failureCause")));
  if (flag_of(message, "delivStReqInd")) line(out, "report wanted", "yes");
  if (flag_of(message, "withheld")) line(out, "withheld", "until the device proves who it is");
  if (const auto* segment = base::member(message, "segParams"))
    line(out, "segment",
         std::to_string(number_of(*segment, "segNumb")) + " of the set " +
             text_of(*segment, "segId"));
  line(out, "octets stored", std::to_string(number_of(message, "octets")));
  print_content(out, message);
}

namespace {

void print_presence(std::ostream& out, const boost::json::value& one) {
  out << "Over " << text_of(one, "bearer") << " it is " << text_of(one, "state");
  const std::string seen = text_of(one, "lastSeen");
  const std::string not_before = text_of(one, "lastSeenNotBefore");
  if (!seen.empty()) out << ", last seen at " << seen;
  if (!not_before.empty())
    out << ", last seen at " << not_before << " or later, before the gateway's start";
  out << ".\n";
}

}  // namespace

bool print_why(std::ostream& out, const boost::json::value& why) {
  const auto* because = list_of(why, "because");
  if (because == nullptr) return false;
  out << text_of(why, "privateId") << " is " << text_of(why, "state");
  if (const std::string id = text_of(why, "serviceId"); !id.empty()) out << ", Service ID " << id;
  std::string bearers;
  if (const auto* over = list_of(why, "reachableOver")) {
    for (const auto& bearer : *over)
      bearers +=
          (bearers.empty() ? "" : ", ") + base::printable(base::text_of(bearer).value_or(""));
  }
  if (!bearers.empty()) out << ", reachable over " << bearers;
  out << '\n';
  for (const auto& sentence : *because)
    out << base::printable(base::text_of(sentence).value_or(""), 2'000) << '\n';
  if (const auto* presence = list_of(why, "presence")) {
    for (const auto& one : *presence) print_presence(out, one);
  }
  return true;
}

bool print_trace(std::ostream& out, const boost::json::value& trace) {
  const auto* events = list_of(trace, "events");
  const auto* messages = list_of(trace, "messages");
  if (events == nullptr || messages == nullptr) return false;
  if (const std::string id = text_of(trace, "privateId"); !id.empty())
    out << id << " is " << text_of(trace, "state") << '\n';
  if (!messages->empty()) print_messages_head(out);
  for (const auto& message : *messages) print_message_row(out, message);
  out << "What has happened since the gateway's start at " << text_of(trace, "began")
      << (flag_of(trace, "full") ? ", as far as newer events have not taken its place:\n" : ":\n");
  if (events->empty()) out << "  nothing\n";
  for (const auto& event : *events) print_event(out, event);
  return true;
}

}  // namespace msggw::cli
