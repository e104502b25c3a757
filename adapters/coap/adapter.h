// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/coap/doors.h"
#include "adapters/coap/downlink.h"
#include "adapters/coap/listeners.h"
#include "adapters/coap/options.h"
#include "adapters/coap/registration.h"
#include "adapters/coap/uplink.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/sources.h"
#include "gateway/core/adapter.h"
#include "gateway/core/open_requests.h"
#include "gateway/core/registrations.h"
#include "gateway/core/speaker.h"
#include "gateway/credentials/gate.h"
#include "gateway/messages/adapter.h"

namespace msggw::coap_adapter {

/// Devices that speak CoAP over UDP, DTLS (RFC 7252), TCP and TLS (RFC 8323) and register as at a
/// resource directory (RFC 9176):
///
/// - POST /rd?ep=ID[&lt=S][&base=URI]: 2.01 with Location-Path rd/<handle>; 5.03 pending; 4.03
///   refused
/// - POST /rd/<handle>[?lt=S][&base=URI]: 2.04; 4.04
/// - GET /rd/<handle>: 2.05; 4.04
/// - DELETE /rd/<handle>: 2.02; 4.04
///
/// and, where there are messages, below its registration (Uplink, Downlink)
///
/// - POST /rd/<handle>/msg and /up: 2.04 with the msgId once the message is durable
/// - GET /rd/<handle>/inbox[?after=N], with or without Observe: 2.05
/// - POST /rd/<handle>/report: 2.04; 4.04
///
/// Bodies are JSON (50) or CBOR (60). Errors carry a diagnostic payload. A request that comes again
/// is never carried out again unless that changes nothing.
///
/// A device that proves by its handshake who it is, by one of its credentials, is that device and
/// no other, in each of its requests.
///
/// Else POST /rd is a mere claim: each takes the registration over from who made it before. The old
/// handle is dead, its observation ends, and what was queued is withheld from the new one, unless
/// Options::claim_inherits. Loop thread only.
class CoapAdapter final : public core::Adapter, public messages::Adapter {
 public:
  CoapAdapter(const base::Context& context, const Options& options, const Doors& doors);
  ~CoapAdapter() override;
  CoapAdapter(const CoapAdapter&) = delete;
  CoapAdapter& operator=(const CoapAdapter&) = delete;

  core::Bearer bearer() const noexcept override { return core::Bearer::coap; }
  void start() override;
  void answer(const core::Answer& answer) override;
  /// Nothing: a CoAP device that was told "pending" asks again (Max-Age).
  void notice(core::DeviceNo, bool) override {}
  void parted(core::DeviceNo device, std::string_view private_id) override;
  void expired(core::DeviceNo device) override;
  void gone(core::DeviceNo device) override;
  void end_turn(base::TimePoint now) override;

  void answer(const messages::Answer& answer) override;
  void waited_for(core::DeviceNo device) override;

  /// From now on every new request is answered 5.03.
  void stop() override;

  /// After start(); 0: it does not listen there.
  std::uint16_t port(coap::Transport transport = coap::Transport::udp) const noexcept {
    return server_ ? server_->port(transport) : 0;
  }
  /// What there is to refuse of other options, before reconfigure(): as Listeners::prepare(). After
  /// start().
  Listeners::Places prepare(const Options& options) { return server_->prepare(options); }
  /// Other options from now on, with what was made ready for them.
  void reconfigure(const Options& options, Listeners::Places places);

 private:
  /// Whom somebody has proved to be.
  struct Proof {
    /// Which device, and by what; none: none that there is.
    std::optional<credentials::Proven> device{};
    /// The Private ID, if there is no such device yet; empty: none.
    std::string newcomer{};

    bool is_any() const noexcept { return device.has_value() || !newcomer.empty(); }
  };
  /// Whether a credential is used now, which is counted.
  enum class Use : std::uint8_t { now, before };
  /// One request on its way through the adapter.
  struct Call {
    coap::Transport transport;
    coap::Incoming& incoming;
    coap::Response& out;
    Operation operation = Operation::read;
    Encodings encodings{};
    std::uint32_t generation = 0;  ///< of register_device
    Proof shown{};

    base::Source source() const { return coap::source_of(incoming.request.peer); }
    Asked asked() const { return {operation, encodings.answer, generation}; }
  };

  coap::UnaskedEvents unasked_events();
  coap::Reply handle(coap::Transport transport, coap::Incoming& incoming, coap::Response& out);
  Proof proof_of(const coap::Identity& identity, Use use) const;
  bool is_named(Proof& proof, std::string_view name) const;
  std::optional<std::uint64_t> whom(const coap::Identity& identity) const;
  core::Speaker as_proved(const Call& call, core::Speaker speaker, std::string_view said) const;
  coap::Reply registrations(Call& call);
  coap::Reply registration(Call& call);
  coap::Reply register_device(Call& call);
  std::optional<std::string> push_target_of(Call& call, std::string_view base);
  std::optional<core::Answer> claim(Call& call, core::RegisterRequest& registration);
  void taken_over(core::DeviceNo device, bool was_told, const coap::Peer& by);
  coap::Reply refresh(Call& call);
  coap::Reply read(Call& call);
  coap::Reply leave(Call& call);
  coap::Reply message_resource(Call& call);

  bool accept_encodings(Call& call, bool has_body);
  bool has_room(Call& call);
  bool admit(Call& call, const core::Speaker& speaker, core::Act act, std::string_view said = {});
  void tell_of_other(const Call& call, const core::Speaker& speaker);
  void tell_of_nobody(const Call& call);
  std::optional<core::DeviceNo> admit_handle(Call& call, core::Act act);
  coap::Reply refuse_with(Call& call, coap::Reason reason, coap::Code code,
                          std::string_view diagnostic);
  void tell(const core::Answer& answer, const Asked& asked, coap::Response& out);
  coap::Reply answer_or_wait(Call& call, const std::optional<core::Answer>& answer);

  /// A request that the core has not answered yet.
  struct OpenRequest {
    coap::Ticket exchange{};  ///< of the server
    Asked asked{};
  };

  base::Context context_;
  Options options_;
  Doors doors_;
  core::Registrations& registrations_;
  credentials::Gate gate_;
  base::RateBySource wrong_handles_;
  base::log::Limit taken_over_log_;
  base::log::Limit other_log_;
  base::log::Limit nobody_log_;
  base::metrics::Counter& others_;
  core::SharedRequests<OpenRequest> open_;
  std::unique_ptr<Listeners> server_;
  std::optional<Uplink> uplink_;  // both after start(), and where there are messages
  std::optional<Downlink> downlink_;
};

}  // namespace msggw::coap_adapter
