// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/message.h"

#include "tests/sim/m5s/date_time.h"

namespace msggw::m5s {

namespace {

void read_address(Reader& reader, std::string_view name, std::optional<Problem>& problem,
                  Address& into) {
  const boost::json::object* object = nullptr;
  reader.must(name, object);
  if (object == nullptr) return;
  Reader members(*object, reader.pointer_to(name), problem);
  members.must("addrType", into.type);
  members.must("addr", into.id);
  if (!problem && into.id.empty()) members.incorrect("addr", "a Service ID, not nothing", true);
}

void read_segment(Reader& reader, std::optional<Problem>& problem, Message& into) {
  std::optional<const boost::json::object*> object;
  reader.may("segParams", object);
  if (!object) return;
  SegmentPlace place;
  Reader members(**object, reader.pointer_to("segParams"), problem);
  members.may("segId", place.set);
  members.may("totalSegCount", place.total);
  members.may("segNumb", place.number);
  members.may("lastSegFlag", place.last);
  into.segment = std::move(place);
}

void read_expiry(Reader& reader, std::optional<Problem>& problem, Message& into) {
  std::optional<const boost::json::object*> object;
  reader.may("stoAndFwParams", object);
  if (!object) return;
  Reader members(**object, reader.pointer_to("stoAndFwParams"), problem);
  std::optional<std::string> text;
  members.may("exprTime", text);
  if (!text) return;
  into.expires = parse_date_time(*text);
  if (!into.expires) members.incorrect("exprTime", "a date-time of RFC 3339", false);
}

template <class T>
void put(boost::json::object& object, std::string_view name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

}  // namespace

std::optional<Problem> read_message(const boost::json::object& body, Originator by, Message& into) {
  std::optional<Problem> problem;
  Reader reader(body, "", problem);
  read_address(reader, "oriAddr", problem, into.from);
  read_address(reader, "destAddr", problem, into.to);
  reader.must("msgId", into.id);
  reader.must("stoAndFwInd", into.stores);
  reader.may("appId", into.app);
  reader.may("delivStReqInd", into.wants_report);
  reader.may("payload", into.payload);
  reader.may("segInd", into.is_segment);
  read_segment(reader, problem, into);
  read_expiry(reader, problem, into);
  if (by == Originator::as) {
    reader.may("priority", into.priority);
    reader.may("latency", into.latency);
  }
  if (!problem && into.id.empty()) reader.incorrect("msgId", "a text, not nothing", true);
  return problem;
}

std::optional<Problem> read_report(const boost::json::object& body, Report& into) {
  std::optional<Problem> problem;
  Reader reader(body, "", problem);
  read_address(reader, "oriAddr", problem, into.from);
  read_address(reader, "destAddr", problem, into.to);
  reader.must("msgId", into.message_id);
  reader.must("delivSt", into.state);
  reader.may("failureCause", into.cause);
  return problem;
}

boost::json::object for_gateway(const Message& message) {
  boost::json::object out{
      {"oriAddr", to_json(message.from)}, {"destAddr", to_json(message.to)}, {"msgId", message.id}};
  put(out, "appId", message.app);
  put(out, "delivStReqInd", message.wants_report);
  put(out, "payload", message.payload);
  put(out, "segInd", message.is_segment);
  if (message.segment) {
    boost::json::object place;
    put(place, "segId", message.segment->set);
    put(place, "totalSegCount", message.segment->total);
    put(place, "segNumb", message.segment->number);
    put(place, "lastSegFlag", message.segment->last);
    out["segParams"] = std::move(place);
  }
  return out;
}

boost::json::object for_server(const Message& message) {
  boost::json::object out = for_gateway(message);
  put(out, "priority", message.priority);
  put(out, "latency", message.latency);
  out["stoAndFwInd"] = message.stores;
  if (message.expires) {
    out["stoAndFwParams"] = boost::json::object{{"exprTime", print_date_time(*message.expires)}};
  }
  return out;
}

boost::json::object to_json(const Report& report) {
  boost::json::object out{{"oriAddr", to_json(report.from)},
                          {"destAddr", to_json(report.to)},
                          {"msgId", report.message_id},
                          {"delivSt", report.state}};
  put(out, "failureCause", report.cause);
  return out;
}

boost::json::object to_json(const Address& address) {
  return {{"addrType", address.type}, {"addr", address.id}};
}

std::string_view sbi_priority_of(std::string_view priority) noexcept {
  if (priority == "HIGH") return "8";
  if (priority == "MIDDLE") return "24";
  if (priority == "LOW") return "28";
  return {};
}

}  // namespace msggw::m5s
