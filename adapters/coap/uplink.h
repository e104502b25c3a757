// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "adapters/coap/listeners.h"
#include "adapters/coap/options.h"
#include "adapters/payload/messages.h"
#include "gateway/base/clock.h"
#include "gateway/core/open_requests.h"
#include "gateway/messages/device_side.h"

namespace msggw::coap_adapter {

/// Messages of devices, from the request to 2.04 with `{"msgId"}`, which is said when the message
/// is durable. Whoever calls has made sure that it is this device. Loop thread only.
class Uplink {
 public:
  Uplink(const base::Clock& clock, messages::DeviceSide& messages, Listeners& server,
         const Options& options);

  /// POST rd/<handle>/msg: payload::parse_message() of JSON (50, also without Content-Format) or
  /// CBOR (60).
  coap::Reply structured(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device);
  /// POST rd/<handle>/up[?app=ID]: the body is the content, whatever its Content-Format says, and
  /// the recipient is the one that the gateway has for the device.
  coap::Reply plain(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device);

  void answer(const messages::Answer& answer);

  /// Other limits from now on.
  void reconfigure(const Options& options) {
    most_octets_ = options.max_message_octets;
    open_.limit_to(options.max_open_exchanges);
  }

 private:
  struct OpenRequest {
    coap::Ticket exchange{};
    payload::Encoding encoding = payload::Encoding::json;
  };

  coap::Reply send(coap::Incoming& incoming, coap::Response& out, messages::SendRequest request,
                   payload::Encoding encoding);

  const base::Clock& clock_;
  messages::DeviceSide& messages_;
  Listeners& server_;
  std::size_t most_octets_;
  core::SharedRequests<OpenRequest> open_;
};

}  // namespace msggw::coap_adapter
