// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/transfer.h"
#include "adapters/wire/tls/contexts.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// How a link is secured.
struct LinkSecurity {
  base::Host host;                            ///< whom the certificate must name
  tls::Context tls;                           ///< null: in the clear
  std::shared_ptr<const tls::PskSecret> psk;  ///< null: X.509
};

/// What a link tells of its doings, never from inside send().
struct LinkEvents {
  std::function<void()> ready;  ///< requests may be sent
  std::function<void(const Token&, AnswerPart&&)> answer;
  /// One request will get no answer: RST, or never acknowledged.
  std::function<void(const Token&, const std::string& why)> failed;
  std::function<void(const base::Error&)> lost;  ///< once, and the last
};

/// The way of a client to one address of a server: a UDP socket with or without DTLS, a TCP
/// connection with or without TLS. To drop it is to end it; it is silent from then on.
class ClientLink {
 public:
  virtual ~ClientLink() = default;

  /// The octets of payload that a message with these options can have.
  virtual std::size_t room(const Destination& to) const = 0;
  /// After `ready`. What comes of it is told by an event.
  virtual void send(const RequestPart& part, const Token& token) = 0;
  /// The answer to this message is not awaited any more, and no event tells of it.
  virtual void forget(const Token& token) = 0;
};

/// What the options of a request need at most, beside its payload.
inline std::size_t option_octets(const Destination& to) {
  // Those of fixed size, token, payload marker.
  std::size_t octets = 48 + to.host.text().size() + 3;
  for (const std::string& segment : to.path) octets += segment.size() + 3;
  return octets;
}

}  // namespace msggw::coap
