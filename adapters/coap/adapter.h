#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "adapters/coap/blocks.h"
#include "adapters/coap/counters.h"
#include "adapters/coap/endpoint.h"
#include "adapters/coap/exchanges.h"
#include "adapters/coap/options.h"
#include "adapters/coap/registration.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/core/adapter.h"
#include "gateway/core/gateway.h"
#include "gateway/core/limits.h"

namespace msggw::coap {

/// Devices that speak CoAP over UDP (RFC 7252) and register as at a resource directory (RFC 9176):
///
/// | request                          | answers | | POST /rd?ep=ID[&lt=S]            | 2.01
/// Location-Path rd/<handle>; 5.03 pending; 4.03 refused     | | POST /rd/<handle>[?lt=S]
/// | 2.04; 4.04                                                    | | GET /rd/<handle>
/// | 2.05; 4.04                                                    | | DELETE /rd/<handle>
/// | 2.02; 4.04                                                    |
///
/// Bodies are JSON (50) or CBOR (60). Errors carry a diagnostic payload. A request that the core
/// answers later is answered on its ACK if that takes at most Options::piggyback_within, else by a
/// separate response; a NON by a NON. A request that comes again is never carried out again unless
/// that changes nothing (POST /rd). Loop thread only.
class CoapAdapter final : public core::Adapter {
 public:
  CoapAdapter(boost::asio::io_context& io, const Options& options, core::Gateway& gateway,
              const core::Limits& limits, const base::Clock& clock,
              base::metrics::Registry& metrics);
  ~CoapAdapter() override;
  CoapAdapter(const CoapAdapter&) = delete;
  CoapAdapter& operator=(const CoapAdapter&) = delete;

  core::Bearer bearer() const noexcept override { return core::Bearer::coap; }
  void start() override;
  void answer(const core::Answer& answer) override;
  /// Nothing: a CoAP device that was told "pending" asks again (Max-Age).
  void notice(core::DeviceNo device) override;
  void end_turn(base::TimePoint now) override;
  /// From now on every new request is answered 5.03.
  void stop() override;

  /// The UDP port, after start().
  std::uint16_t port() const noexcept { return endpoint_ ? endpoint_->port() : 0; }

 private:
  /// One request on its way through the adapter.
  struct Call {
    const Request& request;
    Response& out;
    base::TimePoint now;
    Exchange exchange{};  ///< without a session until it is parked
    payload::Encoding body_encoding = payload::Encoding::json;
    std::string whole_body{};  ///< of a body that came in blocks
    std::string_view body{};
  };

  Handling handle(const Request& request, Response& out);
  Handling repeat(const Exchange& open);
  Handling dispatch(Call& call);
  Handling registrations(Call& call);
  Handling registration(Call& call);
  Handling enroll(Call& call);
  Handling refresh(Call& call);
  Handling read(Call& call);
  Handling leave(Call& call);

  bool accept_options(Call& call);
  bool accept_encodings(Call& call, bool has_body);
  /// None: `call.body` is whole. Else what to do about this block.
  std::optional<Handling> accept_body(Call& call);
  Handling refuse_with(Call& call, Reason reason, Code code, std::string_view diagnostic);
  Handling answer_or_park(Call& call, const std::optional<core::Answer>& answer);
  void complete(Response& response, const Exchange& exchange, base::TimePoint now);

  MessageType separate_type(base::TimePoint now);
  void acknowledge(const Exchange& exchange);
  void acknowledge_overdue(base::TimePoint now);
  void arm_timer();

  boost::asio::io_context& io_;
  Options options_;
  core::Gateway& gateway_;
  std::size_t max_info_octets_;
  const base::Clock& clock_;
  Counters counters_;
  std::unique_ptr<Endpoint> endpoint_;
  Exchanges exchanges_;
  RememberedAnswers remembered_;
  PartialBodies partial_bodies_;
  std::deque<base::TimePoint>
      separate_;  ///< when each of the latest confirmable responses was sent
  boost::asio::steady_timer timer_;
  bool timer_armed_ = false;
  bool stopping_ = false;
};

}  // namespace msggw::coap
