// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "provisioning/protocol/fields.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

using base::Errc;
using base::fail;
using base::Result;

enum class Presence { mandatory, optional };

Result<void> read_identifier(const boost::json::object& body, const std::string& name,
                             Presence presence, std::size_t most_octets, std::string& into) {
  const auto* value = body.if_contains(name);
  if (value == nullptr && presence == Presence::optional) return {};
  if (value == nullptr) return fail(Errc::missing, name + " is missing");
  const std::string fault = why_no_identifier(*value, most_octets);
  if (!fault.empty()) return fail(Errc::incorrect, name + " " + fault);
  into = text_of(*value);
  return {};
}

Result<void> read_servers(const boost::json::object& body, const WireLimits& limits,
                          Response& response) {
  const auto* value = body.if_contains("serverServiceIds");
  if (value == nullptr) return fail(Errc::missing, "serverServiceIds is missing");
  const auto* servers = value->if_array();
  if (servers == nullptr) return fail(Errc::incorrect, "serverServiceIds is not an array");
  if (servers->empty()) return fail(Errc::incorrect, "serverServiceIds is empty");
  if (servers->size() > limits.server_service_ids) {
    return fail(Errc::too_large, "serverServiceIds has more than " +
                                     std::to_string(limits.server_service_ids) + " items");
  }
  response.server_service_ids.reserve(servers->size());
  for (const auto& server : *servers) {
    const std::string fault = why_no_identifier(server, limits.service_id_octets);
    if (!fault.empty()) return fail(Errc::incorrect, "an item of serverServiceIds " + fault);
    response.server_service_ids.emplace_back(text_of(server));
  }
  return {};
}

Result<void> read_service_info(const boost::json::object& body, const WireLimits& limits,
                               Response& response) {
  const auto* value = body.if_contains("serviceInfo");
  if (value == nullptr) return {};
  CompactObject info = compact_object(*value, limits.service_info_octets);
  if (!info.fault.empty()) {
    return fail(info.too_large ? Errc::too_large : Errc::incorrect, "serviceInfo " + info.fault);
  }
  response.service_info = std::move(info.text);
  return {};
}

Result<void> read_lifetime(const boost::json::object& body, Response& response) {
  const auto* value = body.if_contains("lifetime");
  if (value == nullptr) return {};
  const auto* seconds = value->if_int64();
  if (seconds == nullptr || *seconds < 0 || *seconds > kMostLifetime.count()) {
    return fail(Errc::incorrect, "lifetime is not a whole number of seconds from 0 to " +
                                     std::to_string(kMostLifetime.count()));
  }
  response.lifetime = std::chrono::seconds{*seconds};
  return {};
}

}  // namespace

Result<Response> read_response(const boost::json::value& value, const WireLimits& limits) {
  const auto* object = value.if_object();
  if (object == nullptr) return fail(Errc::malformed, "the body is not an object");
  Response response;
  auto done = read_identifier(*object, "serviceId", Presence::mandatory, limits.service_id_octets,
                              response.service_id);
  if (done)
    done = read_identifier(*object, "privateId", Presence::optional, limits.private_id_octets,
                           response.private_id);
  if (done) done = read_servers(*object, limits, response);
  if (done) done = read_service_info(*object, limits, response);
  if (done) done = read_lifetime(*object, response);
  if (!done) return tl::unexpected(std::move(done.error()));
  return response;
}

Result<Response> decode_response(Encoding encoding, std::string_view body,
                                 const WireLimits& limits) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = parse_answer(encoding, body, document_limits(limits), &memory);
  if (!value) return tl::unexpected(std::move(value.error()));
  return read_response(*value, limits);
}

std::string encode_response(Encoding encoding, const Response& response) {
  std::string body;
  body.reserve(112 + response.private_id.size() + response.service_id.size() +
               64 * response.server_service_ids.size() + response.service_info.size());
  base::ObjectWriter writer(encoding, body);
  if (!response.private_id.empty()) writer.text("privateId", response.private_id);
  writer.text("serviceId", response.service_id);
  writer.texts("serverServiceIds", response.server_service_ids);
  if (!response.service_info.empty()) writer.json("serviceInfo", response.service_info);
  if (response.lifetime.count() > 0) {
    writer.number("lifetime", static_cast<std::uint64_t>(response.lifetime.count()));
  }
  writer.end();
  return body;
}

}  // namespace msggw::protocol
