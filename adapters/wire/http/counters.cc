// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/counters.h"

namespace msggw::http {

namespace {

constexpr const char* kRequests = "msggw_http_requests_total";
constexpr const char* kRequestsHelp = "whole requests given to the handler";

constexpr std::array<RefusalText, kRefusals> kTexts{{
    {"malformed", 400, "INVALID_MSG_FORMAT", "the request is not well-formed HTTP"},
    {"incomplete", 0, "", ""},
    {"version", 505, "HTTP_VERSION_NOT_SUPPORTED",
     "this server speaks HTTP/1.0, HTTP/1.1 and HTTP/2"},
    {"header_size", 431, "HEADER_TOO_LARGE", "the header is longer than this server takes"},
    {"body_size", 413, "PAYLOAD_TOO_LARGE", "the body is longer than this server takes"},
    {"length", 411, "INCORRECT_LENGTH",
     "a body was announced and its length was not: Content-Length is missing"},
    {"coding", 501, "TRANSFER_CODING_NOT_SUPPORTED", "the only transfer coding served is chunked"},
    {"encoding", 415, "CONTENT_CODING_NOT_SUPPORTED",
     "request bodies with a content coding are not served"},
    {"expectation", 417, "EXPECTATION_NOT_SUPPORTED",
     "the only expectation served is 100-continue"},
    {"timeout", 408, "REQUEST_TIMEOUT", "the request did not arrive in time"},
    {"memory", 503, "NF_CONGESTION", "too many requests are being received; try again"},
    {"connections", 503, "NF_CONGESTION", "too many connections; try again"},
    {"tls", 0, "", ""},
    {"cleartext", 400, "INVALID_MSG_FORMAT", "this port speaks https, and was asked by http"},
    {"answer", 500, "SYSTEM_FAILURE", "the answer could not be expressed in HTTP"},
    {"displaced", 0, "", ""},
    {"unread", 0, "", ""},
    {"flood", 0, "", ""},
    {"revoked", 0, "", ""},
}};

}  // namespace

const RefusalText& text_of(Refusal refusal) noexcept {
  return kTexts[static_cast<std::size_t>(refusal)];
}

Counters::Counters(base::metrics::Registry& registry, const std::string& server)
    : connections_(base::metrics::gauge(registry, "msggw_http_connections", "open connections",
                                        {{"server", server}})),
      requests_1_(base::metrics::counter(registry, kRequests, kRequestsHelp,
                                         {{"server", server}, {"version", "1.1"}})),
      requests_2_(base::metrics::counter(registry, kRequests, kRequestsHelp,
                                         {{"server", server}, {"version", "2"}})),
      dropped_(base::metrics::counter(registry, "msggw_http_answers_dropped_total",
                                      "answers whose client was gone", {{"server", server}})) {
  for (std::size_t hundreds = 1; hundreds < responses_.size(); ++hundreds) {
    responses_[hundreds] = &base::metrics::counter(
        registry, "msggw_http_responses_total", "answers sent, by class of status",
        {{"server", server}, {"class", std::to_string(hundreds) + "xx"}});
  }
  responses_[0] = responses_[5];  // a status that is none is sent as 500
  for (std::size_t i = 0; i < kRefusals; ++i) {
    refused_[i] = &base::metrics::counter(registry, "msggw_http_refused_total",
                                          "requests and connections turned away by the server",
                                          {{"server", server}, {"reason", kTexts[i].reason}});
  }
}

}  // namespace msggw::http
