// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/counters.h"

namespace msggw::coap {

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::malformed: return "malformed";
    case Reason::bad_option: return "bad_option";
    case Reason::bad_query: return "bad_query";
    case Reason::bad_body: return "bad_body";
    case Reason::body_too_large: return "body_too_large";
    case Reason::body_incomplete: return "body_incomplete";
    case Reason::unsupported_format: return "unsupported_format";
    case Reason::not_acceptable: return "not_acceptable";
    case Reason::unknown_path: return "unknown_path";
    case Reason::wrong_method: return "wrong_method";
    case Reason::too_many_open: return "too_many_open";
    case Reason::wrong_handles: return "wrong_handles";
    case Reason::not_admitted: return "not_admitted";
    case Reason::too_many_connections: return "too_many_connections";
    case Reason::stopping: return "stopping";
  }
  return "?";
}

ServerCounters::ServerCounters(base::metrics::Registry& registry, const std::string& prefix)
    : retransmissions(base::metrics::counter(registry, prefix + "_retransmissions_total",
                                             "CoAP requests that had come before")),
      unsent(base::metrics::counter(registry, prefix + "_unsent_total",
                                    "CoAP datagrams that the system did not take")),
      shortened(base::metrics::counter(registry, prefix + "_answers_shortened_total",
                                       "CoAP answers without their body, or not repeated, to an "
                                       "address that nobody has shown to be at")),
      revoked(base::metrics::counter(registry, prefix + "_sessions_revoked_total",
                                     "CoAP sessions and connections ended, since a CRL that was "
                                     "read names the client's certificate")),
      gave_way(base::metrics::counter(registry, prefix + "_sessions_gave_way_total",
                                      "CoAP sessions and connections ended to make room, by whose "
                                      "limit it was: that of all, or that of one identity",
                                      {{"limit", "all"}})),
      gave_way_own(base::metrics::counter(
          registry, prefix + "_sessions_gave_way_total",
          "CoAP sessions and connections ended to make room, by whose limit it was: that of all, "
          "or that of one identity",
          {{"limit", "identity"}})),
      open_exchanges(base::metrics::gauge(registry, prefix + "_open_exchanges",
                                          "CoAP requests that wait for their answer")),
      sessions(base::metrics::gauge(registry, prefix + "_sessions",
                                    "CoAP sessions (DTLS) and connections")),
      handshakes(
          base::metrics::gauge(registry, prefix + "_handshakes", "DTLS handshakes under way")) {
  for (std::size_t method = 1; method <= kMethods; ++method) {
    requests_[method] =
        &base::metrics::counter(registry, prefix + "_requests_total", "CoAP requests by method",
                                {{"method", std::string(name_of(static_cast<Method>(method)))}});
  }
  for (const Code code : kResponseCodes) {
    responses_[static_cast<std::size_t>(code)] = &base::metrics::counter(
        registry, prefix + "_responses_total", "CoAP responses by code", {{"code", to_text(code)}});
  }
  for (std::size_t reason = 0; reason < kReasons; ++reason) {
    refused_[reason] = &base::metrics::counter(
        registry, prefix + "_refused_total", "CoAP requests refused before they were judged",
        {{"reason", std::string(name_of(static_cast<Reason>(reason)))}});
  }
  for (std::size_t why = 0; why < kLapses; ++why) {
    lapsed_[why] = &base::metrics::counter(
        registry, prefix + "_sessions_lapsed_total",
        "CoAP sessions and connections ended, since what their peers stood on has ended",
        {{"reason", std::string(name_of(static_cast<Lapse>(why)))}});
  }
  for (std::size_t why = 0; why < tls::kFailures; ++why) {
    failures_[why] = &base::metrics::counter(
        registry, prefix + "_handshakes_failed_total", "DTLS and TLS handshakes that failed",
        {{"reason", std::string(name_of(static_cast<tls::Failure>(why)))}});
  }
}

}  // namespace msggw::coap
