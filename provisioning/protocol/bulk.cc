// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/cbor.h"
#include "provisioning/protocol/fields.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::int64_t kMostRetryAfter = 86'400;
constexpr char kCborMapOfOne = '\xA1';

/// About what a parsed body takes, so that it is allocated in one piece or two, at the first use.
std::size_t room_for(std::string_view body) noexcept {
  return std::max(kParseRoom, body.size() * 3);
}

/// An object with the one member `name`, an array; what is in it is appended by the caller, then
/// end_list().
void begin_list(Encoding encoding, std::string& out, std::string_view name, std::size_t items) {
  if (encoding == Encoding::json) {
    out.append("{\"").append(name).append("\":[");
    return;
  }
  out += kCborMapOfOne;
  base::append_cbor_text(out, name);
  base::append_cbor_array(out, items);
}

void end_list(Encoding encoding, std::string& out) {
  if (encoding == Encoding::json) out += "]}";
}

Result<DecodedBulkItem> read_item(const boost::json::value& value, const WireLimits& limits) {
  const auto* object = value.if_object();
  if (object == nullptr) return fail(Errc::incorrect, "an item of responses is not an object");
  const auto* status = object->if_contains("status");
  const auto* number = status == nullptr ? nullptr : status->if_int64();
  if (number == nullptr || *number < 100 || *number > 599)
    return fail(Errc::incorrect, "an item of responses has no status");

  DecodedBulkItem item;
  item.status = static_cast<unsigned>(*number);
  item.problem.status = 0;
  if (const auto* wait = object->if_contains("retryAfter"); wait != nullptr && wait->is_int64()) {
    item.retry_after =
        std::chrono::seconds{std::clamp<std::int64_t>(wait->get_int64(), 0, kMostRetryAfter)};
  }
  if (item.status == 200 || item.status == 201) {
    const auto* response = object->if_contains("response");
    item.response = response == nullptr
                        ? Result<Response>(fail(Errc::missing, "response is missing"))
                        : read_response(*response, limits);
  } else if (const auto* problem = object->if_contains("problem")) {
    if (auto read = read_problem(*problem)) item.problem = std::move(*read);
  }
  return item;
}

}  // namespace

DecodedBulkRequest decode_bulk_request(Encoding encoding, std::string_view body,
                                       const WireLimits& limits) {
  if (body.size() > limits.bulk_octets) return {{}, too_long(limits.bulk_octets)};
  boost::json::monotonic_resource memory(room_for(body));
  auto value = base::parse_document(encoding, body, bulk_document_limits(limits), &memory);
  if (!value) return {{}, bad_format(std::move(value.error().detail))};
  const auto* object = value->if_object();
  if (object == nullptr) return {{}, bad_format("the body is not an object")};
  const auto* requests = object->if_contains("requests");
  if (requests == nullptr)
    return {{}, bad_element("MANDATORY_IE_MISSING", "requests", "is missing")};
  const auto* items = requests->if_array();
  if (items == nullptr || items->empty()) {
    const char* const why = items == nullptr ? "is not an array" : "is empty";
    return {{}, bad_element("MANDATORY_IE_INCORRECT", "requests", why)};
  }
  if (items->size() > limits.bulk_items) {
    Problem problem = bad_element("PAYLOAD_TOO_LARGE", "requests",
                                  "has more than " + std::to_string(limits.bulk_items) + " items");
    problem.status = 413;
    return {{}, std::move(problem)};
  }

  DecodedBulkRequest decoded;
  decoded.problem.status = 0;
  decoded.items.reserve(items->size());
  for (const auto& item : *items) {
    DecodedRequest& read = decoded.items.emplace_back(read_request(item, limits));
    read.item = decoded.items.size() - 1;
    for (auto& [param, reason] : read.problem.invalid_params) param.insert(0, read.pointer());
  }
  return decoded;
}

std::string join_bulk_request(Encoding encoding, std::span<const std::string_view> requests) {
  std::size_t octets = 32;
  for (const std::string_view request : requests) octets += request.size() + 1;
  std::string out;
  out.reserve(octets);
  begin_list(encoding, out, "requests", requests.size());
  const char* separator = "";
  for (const std::string_view request : requests) {
    if (encoding == Encoding::json) out += std::exchange(separator, ",");
    out.append(request);
  }
  end_list(encoding, out);
  return out;
}

std::string join_bulk_response(Encoding encoding, std::span<const BulkItem> items) {
  constexpr std::size_t kAroundAnItem = 48;
  std::size_t octets = 32;
  for (const BulkItem& item : items) octets += item.body.size() + kAroundAnItem;
  std::string out;
  out.reserve(octets);
  begin_list(encoding, out, "responses", items.size());
  const char* separator = "";
  for (const BulkItem& item : items) {
    if (encoding == Encoding::json) out += std::exchange(separator, ",");
    base::ObjectWriter writer(encoding, out);
    writer.number("status", item.status);
    if (item.retry_after.count() > 0) {
      writer.number("retryAfter", static_cast<std::uint64_t>(item.retry_after.count()));
    }
    writer.document(item.status == 200 || item.status == 201 ? "response" : "problem", item.body);
    writer.end();
  }
  end_list(encoding, out);
  return out;
}

Result<std::vector<DecodedBulkItem>> decode_bulk_response(Encoding encoding, std::string_view body,
                                                          const WireLimits& limits) {
  boost::json::monotonic_resource memory(room_for(body));
  auto value = parse_answer(encoding, body, bulk_document_limits(limits), &memory);
  if (!value) return tl::unexpected(std::move(value.error()));
  const auto* object = value->if_object();
  if (object == nullptr) return fail(Errc::malformed, "the body is not an object");
  const auto* responses = object->if_contains("responses");
  if (responses == nullptr) return fail(Errc::missing, "responses is missing");
  const auto* items = responses->if_array();
  if (items == nullptr) return fail(Errc::incorrect, "responses is not an array");
  if (items->size() > limits.bulk_items) {
    return fail(Errc::too_large,
                "responses has more than " + std::to_string(limits.bulk_items) + " items");
  }
  std::vector<DecodedBulkItem> decoded;
  decoded.reserve(items->size());
  for (const auto& item : *items) {
    auto read = read_item(item, limits);
    if (!read) return tl::unexpected(std::move(read.error()));
    decoded.push_back(std::move(*read));
  }
  return decoded;
}

}  // namespace msggw::protocol
