// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/coap/options.h"
#include "adapters/coap/registration.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/context.h"
#include "gateway/base/sources.h"
#include "gateway/core/adapter.h"
#include "gateway/core/open_requests.h"
#include "gateway/core/registrations.h"

namespace msggw::coap_adapter {

/// Devices that speak CoAP over UDP (RFC 7252) and register as at a resource directory (RFC 9176):
///
/// - POST /rd?ep=ID[&lt=S]: 2.01 with Location-Path rd/<handle>; 5.03 pending; 4.03 refused
/// - POST /rd/<handle>[?lt=S]: 2.04; 4.04
/// - GET /rd/<handle>: 2.05; 4.04
/// - DELETE /rd/<handle>: 2.02; 4.04
///
/// Bodies are JSON (50) or CBOR (60). Errors carry a diagnostic payload. A request that comes again
/// is never carried out again unless that changes nothing (POST /rd). Loop thread only.
class CoapAdapter final : public core::Adapter {
 public:
  CoapAdapter(const base::Context& context, const Options& options,
              core::Registrations& registrations);
  ~CoapAdapter() override;
  CoapAdapter(const CoapAdapter&) = delete;
  CoapAdapter& operator=(const CoapAdapter&) = delete;

  core::Bearer bearer() const noexcept override { return core::Bearer::coap; }
  void start() override;
  void answer(const core::Answer& answer) override;
  /// Nothing: a CoAP device that was told "pending" asks again (Max-Age).
  void notice(core::DeviceNo, bool) override {}
  void end_turn(base::TimePoint) override {}
  /// From now on every new request is answered 5.03.
  void stop() override;

  /// The UDP port, after start().
  std::uint16_t port() const noexcept { return server_ ? server_->port() : 0; }

 private:
  /// One request on its way through the adapter.
  struct Call {
    coap::Incoming& incoming;
    coap::Response& out;
    Operation operation = Operation::read;
    Encodings encodings{};
  };

  coap::Reply handle(coap::Incoming& incoming, coap::Response& out);
  coap::Reply registrations(Call& call);
  coap::Reply registration(Call& call);
  coap::Reply register_device(Call& call);
  coap::Reply refresh(Call& call);
  bool is_of(std::string_view private_id, std::string_view handle) const;
  coap::Reply read(Call& call);
  coap::Reply leave(Call& call);

  bool accept_encodings(Call& call, bool has_body);
  bool has_room(Call& call);
  coap::Reply refuse_with(Call& call, coap::Reason reason, coap::Code code,
                          std::string_view diagnostic);
  coap::Reply no_registration(Call& call);  // 4.04, or 4.29
  coap::Reply answer_or_wait(Call& call, const std::optional<core::Answer>& answer);

  /// A request that the core has not answered yet.
  struct OpenRequest {
    coap::Ticket exchange{};  ///< of the server
    Operation operation = Operation::read;
    payload::Encoding encoding = payload::Encoding::json;
  };

  base::Context context_;
  Options options_;
  core::Registrations& registrations_;
  base::RateBySource wrong_handles_;
  core::OpenRequests<OpenRequest> open_;
  std::unique_ptr<coap::Server> server_;
};

}  // namespace msggw::coap_adapter
