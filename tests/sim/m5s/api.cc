// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/api.h"

#include <utility>

#include "gateway/base/json.h"
#include "tests/sim/smsc/http.h"

namespace msggw::m5s {

namespace {

constexpr std::string_view kDelivery = "msgs-msgdelivery";
constexpr std::string_view kServers = "msgs-asregistration";
constexpr std::string_view kDevices = "msgs-ueregistration";

/// One resource and method below apiName/v1; "*" is any one segment, "" is none.
struct Resource {
  std::string_view api;
  std::string_view first;
  std::string_view second;
  std::string_view method;
  Operation operation;
  bool has_body;
};
constexpr Resource kResources[] = {
    {kDelivery, "deliver-ue-message", "", "POST", Operation::deliver_ue_message, true},
    {kDelivery, "deliver-as-message", "", "POST", Operation::deliver_as_message, true},
    {kDelivery, "deliver-report", "", "POST", Operation::deliver_report, true},
    {kServers, "registrations", "", "POST", Operation::register_as, true},
    {kServers, "registrations", "*", "DELETE", Operation::deregister_as, false},
    {kDevices, "registrations", "bulk", "POST", Operation::register_bulk, true},
    {kDevices, "registrations", "*", "PUT", Operation::register_ue, true},
    {kDevices, "registrations", "*", "DELETE", Operation::deregister_ue, false}};

bool fits(const Resource& resource, const std::vector<std::string>& path) {
  const std::size_t segments = resource.second.empty() ? 3 : 4;
  if (path.size() != segments || path[0] != resource.api || path[1] != "v1") return false;
  if (path[2] != resource.first) return false;
  if (segments == 3) return true;
  return resource.second == "*" ? !path[3].empty() : resource.second == path[3];
}

Problem no_such_path(const std::vector<std::string>& path) {
  const bool is_ours =
      !path.empty() && (path[0] == kDelivery || path[0] == kServers || path[0] == kDevices);
  if (is_ours && path.size() > 1 && path[1] != "v1") {
    return {400, "INVALID_API", "version v1 is spoken here"};
  }
  return {404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "there is no such resource"};
}

std::optional<Problem> wrong_body(const Request& request) {
  if (request.too_large) return Problem{413, "", "the body is larger than 1 MiB"};
  if (request.no_length) return Problem{411, "INCORRECT_LENGTH", "Content-Length is missing"};
  std::string_view type = field(request.fields, "content-type");
  type = type.substr(0, type.find_first_of("; "));
  if (type != "application/json") {
    return Problem{415, "", "the Content-Type must be application/json"};
  }
  return std::nullopt;
}

std::string text_in(const boost::json::object& body, std::string_view name) {
  const auto* const value = body.if_contains(name);
  return value == nullptr ? "" : std::string(base::text_of(*value).value_or(""));
}

std::string addr_in(const boost::json::object& body, std::string_view name) {
  const auto* const address = body.if_contains(name);
  if (address == nullptr || !address->is_object()) return "";
  return text_in(address->get_object(), "addr");
}

/// What faults and the journal look at, whatever else is wrong.
void read_subject(const Asked& asked, Subject& subject) {
  subject.from = addr_in(asked.body, "oriAddr");
  subject.to = addr_in(asked.body, "destAddr");
  subject.message_id = text_in(asked.body, "msgId");
  if (subject.operation == Operation::register_ue ||
      subject.operation == Operation::deregister_ue) {
    subject.registered.push_back(asked.path.back());
  }
  if (auto id = text_in(asked.body, "asSvcId"); !id.empty()) {
    subject.registered.push_back(std::move(id));
  }
  const auto* const bulk = asked.body.if_contains("registrations");
  if (bulk == nullptr || !bulk->is_array()) return;
  for (const auto& one : bulk->get_array()) {
    if (const auto id = base::text_member(one, "ueSvcId")) subject.registered.emplace_back(*id);
  }
}

Response acknowledge(const Relay::Ack& ack, const Address& from, const std::string& message_id) {
  if (ack.problem) return response_of(*ack.problem);
  boost::json::object body{{"oriAddr", to_json(from)}, {"msgId", message_id}};
  if (ack.status) body["status"] = *ack.status;
  if (ack.cause) body["failureCause"] = *ack.cause;
  return json_response(200, body);
}

}  // namespace

Response json_response(unsigned status, const boost::json::object& body) {
  Response response;
  response.status = status;
  response.fields.emplace_back("content-type", "application/json");
  base::append_json(response.body, body);
  return response;
}

Asked Api::read(const Request& request) const {
  Asked asked;
  smsc::HttpRequest parsed;
  if (!smsc::parse_target(request.target, parsed)) {
    asked.refusal = response_of({400, "", "the target is not percent-encoded"});
    return asked;
  }
  asked.path = std::move(parsed.path);
  const Resource* found = nullptr;
  std::string allowed;
  for (const Resource& one : kResources) {
    if (!fits(one, asked.path)) continue;
    if (one.method == request.method && found == nullptr) found = &one;
    allowed.append(allowed.empty() ? "" : ", ").append(one.method);
  }
  if (found == nullptr && allowed.empty()) {
    asked.refusal = response_of(no_such_path(asked.path));
    return asked;
  }
  if (found == nullptr) {
    asked.refusal = response_of({405, "", "the methods here are " + allowed});
    asked.refusal->fields.emplace_back("allow", allowed);
    return asked;
  }
  asked.subject.operation = found->operation;
  std::optional<Problem> problem;
  if (found->has_body) {
    problem = wrong_body(request);
    if (!problem) problem = read_object(request.body, asked.body);
  }
  if (problem) asked.refusal = response_of(*problem);
  read_subject(asked, asked.subject);
  return asked;
}

Response Api::carry_out(const Asked& asked) {
  if (asked.refusal) return *asked.refusal;
  switch (asked.subject.operation) {
    case Operation::deliver_ue_message: return deliver_message(asked, Originator::ue);
    case Operation::deliver_as_message: return deliver_message(asked, Originator::as);
    case Operation::deliver_report: return deliver_report(asked);
    case Operation::register_ue: return register_ue(asked);
    case Operation::register_bulk: return register_bulk(asked);
    case Operation::deregister_ue: return deregister_ue(asked);
    case Operation::register_as: return register_as(asked);
    case Operation::deregister_as: return deregister_as(asked);
    case Operation::other:
    case Operation::give_message:
    case Operation::give_report: break;
  }
  return response_of({404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", "there is no such resource"});
}

Response Api::deliver_message(const Asked& asked, Originator by) {
  Message message;
  auto problem = read_message(asked.body, by, message);
  const char* const type = by == Originator::ue ? "UE" : "AS";
  if (!problem && message.from.type != type) {
    problem = Problem{400, "MANDATORY_IE_INCORRECT",
                      "/oriAddr/addrType must be " + std::string(type), "/oriAddr/addrType"};
  }
  if (problem) return response_of(*problem);
  return acknowledge(world_.relay.accept(message, world_.now()), message.from, message.id);
}

Response Api::deliver_report(const Asked& asked) {
  Report report;
  if (const auto problem = read_report(asked.body, report)) return response_of(*problem);
  return acknowledge(world_.relay.accept(report, world_.now()), report.from, report.message_id);
}

}  // namespace msggw::m5s
