// SPDX-License-Identifier: Apache-2.0
// Devices that gateways register (docs/msgs-ueregistration.yaml), and Application Servers (TS
// 29.538 5.2).
#include <boost/json/array.hpp>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "tests/sim/m5s/api.h"

namespace msggw::m5s {

namespace {

constexpr std::size_t kMostServiceId = 255;

bool is_service_id(std::string_view text) {
  return !text.empty() && text.size() <= kMostServiceId && base::is_plain(text);
}

std::optional<base::Uri> http_uri(std::string_view text) {
  auto uri = base::parse_uri(text);
  if (!uri || uri->scheme != base::Scheme::http) return std::nullopt;
  return std::move(*uri);
}

Response empty(unsigned status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace

std::optional<Problem> Api::put(const std::string& service_id, const boost::json::object& body,
                                unsigned& status) {
  std::optional<Problem> problem;
  Reader reader(body, "", problem);
  std::string kind, target;
  std::int64_t lifetime = 0;
  Registration registration;
  reader.must("gwType", kind);
  reader.must("targetUri", target);
  reader.must("lifetime", lifetime);
  reader.may("segSize", registration.segment_octets);
  if (problem) return problem;
  const auto uri = http_uri(target);
  if (!is_service_id(service_id)) {
    reader.incorrect("ueSvcId", "a Service ID of at most 255 octets", true);
  } else if (kind != "L3G" && kind != "N3G") {
    reader.incorrect("gwType", "L3G or N3G", true);
  } else if (!uri) {
    reader.incorrect("targetUri", "http://HOST[:PORT][/PATH]", true);
  } else if (lifetime < 1 || lifetime > kMostLifetime) {
    reader.incorrect("lifetime", "seconds, from 1 to a year", true);
  } else if (registration.segment_octets && *registration.segment_octets < 1) {
    reader.incorrect("segSize", "octets, from 1 on", false);
  }
  if (problem) return problem;
  registration.service_id = service_id;
  registration.kind = kind == "L3G" ? GatewayKind::l3g : GatewayKind::n3g;
  registration.target = *uri;
  registration.lifetime = std::chrono::seconds(lifetime);
  const auto done = world_.registry.put(std::move(registration), world_.now());
  if (done == Registry::Put::full) {
    return Problem{503, "INSUFFICIENT_RESOURCES", "there are too many devices", "", 60};
  }
  status = done == Registry::Put::created ? 201 : 204;
  world_.relay.is_there(service_id, world_.now());
  return std::nullopt;
}

Response Api::register_ue(const Asked& asked) {
  unsigned status = 0;
  if (auto problem = put(asked.path.back(), asked.body, status)) {
    if (problem->param == "/ueSvcId") problem->param = "{ueSvcId}";
    return response_of(*problem);
  }
  return empty(status);
}

Response Api::register_bulk(const Asked& asked) {
  const auto* const list = asked.body.if_contains("registrations");
  if (list == nullptr) {
    return response_of(
        {400, "MANDATORY_IE_MISSING", "/registrations is missing", "/registrations"});
  }
  if (!list->is_array() || list->get_array().empty()) {
    return response_of(
        {400, "MANDATORY_IE_INCORRECT", "/registrations must be a list of some", "/registrations"});
  }
  if (list->get_array().size() > kMostBulk) {
    return response_of({413, "", "there are more than 1000 registrations"});
  }
  boost::json::array results;
  for (const auto& one : list->get_array()) {
    const std::string id(base::text_member(one, "ueSvcId").value_or(""));
    unsigned status = 0;
    std::optional<Problem> problem;
    if (one.is_object()) {
      problem = put(id, one.get_object(), status);
    } else {
      problem = Problem{400, "MANDATORY_IE_INCORRECT", "it is no object"};
    }
    boost::json::object result{{"ueSvcId", id}, {"status", problem ? problem->status : status}};
    if (problem && !problem->cause.empty()) result["cause"] = problem->cause;
    results.push_back(std::move(result));
  }
  return json_response(200, {{"results", std::move(results)}});
}

Response Api::deregister_ue(const Asked& asked) {
  if (!world_.registry.remove(asked.path.back(), world_.now())) {
    return response_of({404, "CONTEXT_NOT_FOUND", "no such device is registered"});
  }
  return empty(204);
}

Response Api::register_as(const Asked& asked) {
  std::optional<Problem> problem;
  Reader reader(asked.body, "", problem);
  ApplicationServer server;
  std::optional<std::string> target;
  std::optional<const boost::json::object*> profile;
  reader.must("asSvcId", server.service_id);
  reader.may("appId", server.app);
  reader.may("targetUri", target);
  reader.may("asProf", profile);
  if (target) server.target = http_uri(*target);
  if (!problem && !is_service_id(server.service_id)) {
    reader.incorrect("asSvcId", "a Service ID of at most 255 octets", true);
  } else if (target && !server.target) {
    reader.incorrect("targetUri", "http://HOST[:PORT][/PATH]", false);
  }
  if (problem) return response_of(*problem);
  const std::string id = server.service_id;
  const auto registration = world_.registry.add(std::move(server));
  if (!registration) {
    return response_of({503, "INSUFFICIENT_RESOURCES", "there are too many of them", "", 60});
  }
  // ASRegistrationAck has a ProblemDetails for its result, also where there is no problem.
  Response response =
      json_response(201, {{"asSvcId", id}, {"result", boost::json::object{{"status", 201}}}});
  response.fields.emplace_back("location",
                               "/msgs-asregistration/v1/registrations/" + *registration);
  return response;
}

Response Api::deregister_as(const Asked& asked) {
  if (!world_.registry.remove_server(asked.path.back())) {
    return response_of({404, "CONTEXT_NOT_FOUND", "no such registration"});
  }
  return empty(204);
}

}  // namespace msggw::m5s
