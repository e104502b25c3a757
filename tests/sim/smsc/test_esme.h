// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/handle.h"

namespace msggw::smsc {

/// An ESME of a few lines for tests: octets are put together by hand, so that nothing of the code
/// under test checks itself. Blocking; every wait ends with a failed test after a while.
class TestEsme {
 public:
  struct Pdu {
    std::uint32_t command = 0;
    std::uint32_t status = 0;
    std::uint32_t sequence = 0;
    std::string body;
  };

  explicit TestEsme(std::uint16_t port);

  void send(std::uint32_t command, std::uint32_t sequence, std::string_view body = {},
            std::uint32_t status = 0);
  void send_raw(std::string_view octets);
  Pdu receive();
  /// The next PDU, which must have this command.
  Pdu expect(std::uint32_t command);
  /// Whether nothing comes for some 100 ms.
  bool is_quiet();
  /// Whether the connection ends (FIN or RST) with nothing before.
  bool is_closed();

  /// 1 receiver, 2 transmitter, 9 transceiver. The status of the response.
  std::uint32_t bind(std::uint32_t command = 9, std::string_view system_id = "gw",
                     std::string_view password = "secret");
  /// deliver_sm_resp.
  void answer(const Pdu& deliver, std::uint32_t status = 0);
  /// Sends a submit_sm with the text in the default alphabet.
  void submit(std::uint32_t sequence, std::string_view to, std::string_view text,
              std::uint8_t registered_delivery = 0);
  void close() { socket_.reset(); }

 private:
  bool wait(int ms);
  std::string take(std::size_t count);

  base::UniqueFd socket_;
};

/// The short_message of a deliver_sm, by walking over the fields before it.
std::string short_message_of(const std::string& body);
std::string source_of(const std::string& body);
/// The C-octet string that a response has.
std::string id_of(const std::string& body);

}  // namespace msggw::smsc
