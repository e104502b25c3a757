// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/options.h"
#include "adapters/msgin5g/problem.h"
#include "adapters/msgin5g/target.h"
#include "adapters/wire/http/server.h"
#include "gateway/base/metrics.h"
#include "gateway/messages/message.h"

namespace msggw::msgin5g {

class FaceCounters;

/// The right to answer one request of a MSGin5G Server, once, now or in a later turn; see
/// http::Responder. Counts what the answer was. Copyable. Loop thread only.
class Ticket {
 public:
  /// 204: the gateway has taken it on. What that promises must be durable.
  void accept() const;
  void refuse(const Problem& problem) const;

 private:
  friend class Face;
  Ticket(std::shared_ptr<FaceCounters> counters, Operation operation, http::Responder responder);

  std::shared_ptr<FaceCounters> counters_;
  Operation operation_;
  http::Responder responder_;
};

/// Who decides on what a MSGin5G Server delivers. Called with sound values only; whether the
/// recipient is a device of this gateway, and one of `role`, it finds out itself.
class Receiver {
 public:
  virtual ~Receiver() = default;

  /// TS 29.538 6.2.2.2 and 6.3.2.2. How its payload is read; only the content is not known yet.
  virtual PayloadEncoding encoding_of(const messages::Message& message) = 0;
  virtual void deliver_message(Role role, messages::Message message, Ticket ticket) = 0;
  /// TS 29.538 6.2.2.3 and 6.3.2.3. The report of a message that `report.to` has sent.
  virtual void deliver_report(Role role, messages::Report report, Ticket ticket) = 0;
};

/// Looks at the token of a request (the Authorization field, empty if there is none) to one of the
/// APIs, whose name is the scope (TS 29.510 6.3.5.2). None: it may pass. Else what is wrong, with
/// the challenge (RFC 6750 3). A request may be looked at once more before its body is read; then
/// `is_answered` is false.
using TokenCheck = std::function<std::optional<Problem>(Role role, std::string_view authorization,
                                                        bool is_answered)>;

/// What a MSGin5G Server finds at the gateway: msgg-l3gdelivery and msgg-n3gdelivery, version 1
/// (TS 29.538 6.2, 6.3). Refuses what needs no knowledge of devices, in this order: who calls
/// (403), path (404), version (400), method (405, 501), token (401), media type (415), size (413),
/// body (400, and see read_message()); gives the rest to the receiver. Loop thread only.
class Face {
 public:
  /// `receiver` and `metrics` must outlive it. Without `check_token` nobody is asked for a token.
  Face(FaceOptions options, Receiver& receiver, base::metrics::Registry& metrics,
       TokenCheck check_token = {});
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;

  /// From the next request on.
  void set_options(FaceOptions options) { options_ = std::move(options); }
  /// http::Handler of a listener.
  void handle(const http::Request& request, const http::Responder& responder);
  /// http::ReadsBody of a listener: false if the request is refused whatever its body says.
  bool reads_body(const http::Request& request, std::uint64_t octets) const;

 private:
  bool is_client(const http::Request& request) const;
  /// What is wrong with a request before its body, of `octets`, is looked at.
  std::optional<Problem> problem_of(const http::Request& request, const Target& target,
                                    std::uint64_t octets, bool is_answered) const;
  void deliver(const http::Request& request, Operation operation, const Ticket& ticket);
  messages::Priority priority_of(const http::Request& request);

  FaceOptions options_;
  Receiver& receiver_;
  std::shared_ptr<FaceCounters> counters_;
  TokenCheck check_token_;
  EncodingOf encoding_of_;
};

}  // namespace msggw::msgin5g
