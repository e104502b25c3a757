// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/coap/message.h"

namespace msggw::coap {

/// A message, whatever carried it. Points into the octets it was read from.
struct WireMessage {
  std::uint8_t code = 0;
  Token token;
  std::string_view rest;  ///< options and payload, see OptionCursor
};

/// Signaling codes (RFC 8323 5) and what of their options is of use here.
namespace signal {
inline constexpr std::uint8_t kCsm = 0xE1, kPing = 0xE2, kPong = 0xE3, kRelease = 0xE4,
                              kAbort = 0xE5;
inline constexpr std::uint16_t kMaxMessageSize = 2, kBlockWiseTransfer = 4;
/// Of a Ping: that its Pong is to come when all before it has been taken (RFC 8323 5.4.1).
inline constexpr std::uint16_t kCustody = 2;
/// Of a peer that has named none (RFC 8323 5.3.1).
inline constexpr std::uint32_t kBaseMessageSize = 1'152;
}  // namespace signal

/// The first message in `in`.
struct Frame {
  enum class Status {
    whole,
    partial,    ///< more octets are needed
    malformed,  ///< a token length above 8; where the next message begins is not known
    too_large   ///< it announces more than `most` octets of options and payload
  };
  Status status = Status::partial;
  std::size_t octets = 0;  ///< of a whole one, header included
  WireMessage message;
};
Frame read_frame(std::string_view in, std::size_t most);

/// What RFC 7252 4 does about a message in a datagram. Values as on the wire.
enum class MessageType : std::uint8_t { confirmable, non_confirmable, acknowledgement, reset };

/// The message in a datagram (RFC 7252 3).
struct Datagram {
  enum class Status {
    whole,      ///< its options are still to be read
    malformed,  ///< an error of format behind the header
    foreign     ///< no header, or of another version: to be ignored, whatever it says
  };
  Status status = Status::foreign;
  MessageType type = MessageType::confirmable;
  std::uint16_t mid = 0;
  WireMessage message;
};
Datagram read_datagram(std::string_view octets);

void append_datagram(std::string& out, MessageType type, std::uint16_t mid, std::uint8_t code,
                     std::string_view token, std::string_view options, std::string_view payload);

/// Goes through options (RFC 7252 3.1) up to the payload.
class OptionCursor {
 public:
  explicit OptionCursor(std::string_view rest) : rest_(rest) {}

  /// False: there are no more, or the message is malformed.
  bool next();
  std::uint16_t number() const noexcept { return number_; }
  std::string_view value() const noexcept { return value_; }

  /// After the last option.
  bool malformed() const noexcept { return malformed_; }
  std::string_view payload() const noexcept { return payload_; }

 private:
  bool fail();
  /// The number behind a nibble of an option's head; false: a reserved nibble, or octets missing.
  bool extend(std::uint32_t& nibble);

  std::string_view rest_;
  std::uint16_t number_ = 0;
  std::string_view value_;
  std::string_view payload_;
  bool malformed_ = false;
};

/// Builds options in ascending order.
class OptionWriter {
 public:
  void add(std::uint16_t number, std::string_view value);
  std::string_view octets() const noexcept { return octets_; }

 private:
  std::string octets_;
  std::uint16_t last_ = 0;
};

void append_frame(std::string& out, std::uint8_t code, std::string_view token,
                  std::string_view options, std::string_view payload);

}  // namespace msggw::coap
