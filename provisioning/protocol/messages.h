// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::protocol {

/// How a body is written; the answer uses the encoding of the request unless it asks for another.
using Encoding = base::Encoding;

/// "application/json", "application/cbor".
std::string_view media_type(Encoding encoding) noexcept;
/// "application/problem+json"; in CBOR a problem has the same members and no media type of its own:
/// "application/cbor". (RFC 9290's concise problem details are another format, with numbers for
/// names.)
std::string_view problem_media_type(Encoding encoding) noexcept;
/// The encoding of a body with this Content-Type, one of those above; letter case and parameters
/// such as charset do not matter. None: another type, or no type.
std::optional<Encoding> encoding_of(std::string_view content_type) noexcept;

/// Limits on what either side may send; a body above them is refused before it is parsed where the
/// size is known.
struct WireLimits {
  std::size_t body_octets = 16 * 1024;
  std::size_t private_id_octets = 255;
  std::size_t info_octets = 2'048;  ///< of the compact JSON text
  std::size_t service_id_octets = 255;
  std::size_t server_service_ids = 16;
  std::size_t service_info_octets = 4'096;  ///< of the compact JSON text
  std::size_t bulk_items = 256;
  std::size_t bulk_octets = 1 << 20;  ///< of a bulk body, either way

  bool operator==(const WireLimits&) const = default;
};

/// Provisioning request (the contribution, tables 6.X.1.3-1 and 6.X.1.4-1):
/// `{"ueType":"NON_3GPP","privateId":"..","info":{..}}`. An empty info object says nothing and
/// counts as absent.
struct Request {
  core::UeType ue_type = core::UeType::non_3gpp;
  std::string private_id;  ///< M. as sent; the Provisioning Function normalises it
  std::string info;        ///< O. compact JSON object, empty if absent
};

/// Provisioning response (the contribution, tables 6.X.1.3-2 and 6.X.1.4-2):
/// `{"privateId":"..","serviceId":"..","serverServiceIds":[".."],"serviceInfo":{..},
/// "lifetime":86400}`. An empty serviceInfo counts as absent.
struct Response {
  std::string service_id;                       ///< M
  std::vector<std::string> server_service_ids;  ///< M, at least one
  std::string service_info;                     ///< O. compact JSON object, empty if absent
  /// O, ours. For how long servers and service information are good; then the endpoint asks again.
  /// The Service ID itself stays. 0: absent, for ever; at most kMostLifetime.
  std::chrono::seconds lifetime{0};
  /// O, ours. Whom the answer is about, canonical: an answer that goes astray (a server that
  /// answers twice, on a connection that is used again) would give one device the Service ID of
  /// another.
  std::string private_id{};
};
inline constexpr std::chrono::seconds kMostLifetime = std::chrono::hours{24} * 3'650;

/// A ProblemDetails body (TS 29.571 5.2.4.1, RFC 7807): title (written from the status, not read),
/// status, detail, cause, invalidParams.
struct Problem {
  struct InvalidParam {
    /// As TS 29.571 5.2.4.2 has it: "/privateId", a JSON Pointer into the body; "header accept",
    /// "query name"; "{privateId}" of the path.
    std::string param;
    std::string reason;
  };

  unsigned status = 500;  ///< HTTP status code
  std::string cause;      ///< MANDATORY_IE_MISSING, MANDATORY_IE_INCORRECT, POLICY_DENIED, ...
  std::string detail;
  std::vector<InvalidParam> invalid_params;
};

/// 413 PAYLOAD_TOO_LARGE: a body that may have `most_octets` has more.
Problem too_long(std::size_t most_octets);

/// A decoded request, or the problem to answer with. One cause is given, the first that applies,
/// with all the elements it is true of in invalidParams:
/// - 413 PAYLOAD_TOO_LARGE: more than `body_octets`
/// - 400 INVALID_MSG_FORMAT: not JSON/CBOR, a member twice, nested too deep, not an object
/// - 400 MANDATORY_IE_MISSING: no ueType, no privateId
/// - 400 MANDATORY_IE_INCORRECT: one of them is of a wrong type, ueType is unknown, privateId is
///   empty, too long or holds control characters
/// - 400 OPTIONAL_IE_INCORRECT: info is no object (null is none either) or too long
/// Unknown members are ignored (TS 29.501 5.2.2.2).
struct DecodedRequest {
  Request request;
  Problem problem;                       ///< status 0 if the request is good
  std::optional<std::size_t> item = {};  ///< its place in a bulk request; none: it is the body
  bool ok() const noexcept { return problem.status == 0; }
  /// To the request within the body: "", "/requests/3".
  std::string pointer() const {
    return item ? "/requests/" + std::to_string(*item) : std::string();
  }
};
DecodedRequest decode_request(Encoding encoding, std::string_view body, const WireLimits& limits);
/// `info` is compact JSON text of ours, or empty.
std::string encode_request(Encoding encoding, core::UeType ue_type, std::string_view private_id,
                           std::string_view info);

/// malformed: not JSON/CBOR, not an object. missing: no serviceId or serverServiceIds. incorrect:
/// an element of a wrong type, an empty or too long Service ID or one with control characters, no
/// server, a lifetime that is none. too_large: the body, the number of servers or the service
/// information. The detail names the element.
base::Result<Response> decode_response(Encoding encoding, std::string_view body,
                                       const WireLimits& limits);
std::string encode_response(Encoding encoding, const Response& response);

/// A problem body as far as it can be read: what is absent or of a wrong type is left empty
/// (status: 0). At most 32 invalidParams are kept. malformed: no object. too_large: above
/// `body_octets`.
base::Result<Problem> decode_problem(Encoding encoding, std::string_view body,
                                     const WireLimits& limits);
std::string encode_problem(Encoding encoding, const Problem& problem);

/// Bulk request `{"requests":[request, ..]}`: each item is judged by itself, so one bad item does
/// not cost the others theirs. `problem` is about the whole body (status 0 if there is none): as in
/// DecodedRequest, and 400 MANDATORY_IE_INCORRECT for a `requests` that is no array or empty, 413
/// PAYLOAD_TOO_LARGE for more than `bulk_items` or `bulk_octets`.
struct DecodedBulkRequest {
  std::vector<DecodedRequest> items;  ///< in the order of the body
  Problem problem;
  bool ok() const noexcept { return problem.status == 0; }
};
DecodedBulkRequest decode_bulk_request(Encoding encoding, std::string_view body,
                                       const WireLimits& limits);
/// From bodies that encode_request() made in the same encoding; they are spliced in, not parsed.
std::string join_bulk_request(Encoding encoding, std::span<const std::string_view> requests);

/// One item of a bulk response, `{"status":201,"response":{..}}` or
/// `{"status":403,"problem":{..}}`, on its way out: `body` is what encode_response() or
/// encode_problem() made in the same encoding. `retry_after` is what Retry-After says of a single
/// answer, written as `"retryAfter":SECONDS`; 0: absent.
struct BulkItem {
  unsigned status;
  std::string_view body;
  std::chrono::seconds retry_after{0};
};
std::string join_bulk_response(Encoding encoding, std::span<const BulkItem> items);

/// One item of a bulk response as it was read; `response` means something with status 200 or 201,
/// `problem` (as far as it can be read) with any other. An item with such a status and no usable
/// response carries the error that decode_response() gives.
struct DecodedBulkItem {
  unsigned status = 0;
  base::Result<Response> response;
  Problem problem;
  std::chrono::seconds retry_after{0};  ///< at most a day; 0 if absent or no number of seconds
};
/// `{"responses":[..]}`, in the order of the requests. malformed, missing, incorrect: not such a
/// body, or an item without a status of 100 to 599. too_large: above `bulk_items` or `bulk_octets`.
base::Result<std::vector<DecodedBulkItem>> decode_bulk_response(Encoding encoding,
                                                                std::string_view body,
                                                                const WireLimits& limits);

}  // namespace msggw::protocol
