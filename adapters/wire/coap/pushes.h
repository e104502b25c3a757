// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/tokens.h"
#include "adapters/wire/coap/transfer.h"
#include "gateway/base/clock.h"

namespace msggw::coap {

/// What a server brings a peer unasked: a POST, in as many blocks as it takes (RFC 7959).
struct Push {
  std::vector<std::string> path;  ///< unescaped segments, each of at most 255 octets
  std::uint16_t content_format = kFormatOctets;
  std::string payload;
};

/// How it ended.
struct PushEnd {
  enum class How : std::uint8_t {
    answered,      ///< with `code`
    acknowledged,  ///< in one message, and no answer came within Pushes::kAnswerWithin
    reset,
    timed_out,  ///< a message of it was not acknowledged
    broken      ///< what came is no answer to it
  };
  How how{};
  Code code = Code::empty;
  /// What an error says of itself (RFC 7252 5.5.2), as it came; empty: nothing.
  std::string diagnostic = {};
};

/// Names a push while it is under way.
enum class PushNo : std::uint32_t {};

/// The requests that a server makes of its peers from its own socket. One message of each is under
/// way at a time; how many there are is for the caller to limit. No I/O. Loop thread only.
class Pushes {
 public:
  /// MAX_TRANSMIT_WAIT (RFC 7252 4.8.2): how long a separate response is waited for.
  static constexpr std::chrono::seconds kAnswerWithin{93};

  struct Events {
    /// Sends a confirmable message and returns its Message ID.
    std::function<std::uint16_t(const Peer&, const Token&, const RequestPart&, PushNo)> send;
    std::function<void(const Peer&, std::uint16_t mid)> forget;
    std::function<void(std::uint64_t subject, const PushEnd&)> ended;  ///< must not end this
  };
  explicit Pushes(Events events) : events_(std::move(events)) {}

  PushNo start(const Peer& to, std::uint64_t subject, Push push);
  /// Nothing more is sent or told of it. Nothing happens if it has ended.
  void forget(PushNo no);

  /// How the message under way ended.
  void ended(PushNo no, Ending how, base::TimePoint now);
  /// The Message ID that the answer is about; none: it answers nothing that was asked.
  std::optional<std::uint16_t> asked_by(const Peer& from, const Token& token) const;
  /// Requires that asked_by() knows it.
  void answered(const Token& token, AnswerPart&& answer);

  /// Ends what has waited too long. To be called at next_due() or later.
  void tick(base::TimePoint now);
  std::optional<base::TimePoint> next_due() const;

 private:
  struct Due {
    base::TimePoint at;
    PushNo no;
  };
  using Dues = std::list<Due>;
  struct Open {
    Peer to;
    std::uint64_t subject;
    Transfer transfer;
    bool in_blocks = false;  ///< an acknowledgement alone says nothing of all of it
    Token token{};
    std::uint16_t mid = 0;
    std::optional<Dues::iterator> due{};  ///< once it is acknowledged
  };

  void send_next(PushNo no, Open& open);
  void stop_waiting(Open& open);
  void finish(PushNo no, const PushEnd& end);

  Events events_;
  Tokens tokens_;
  std::uint32_t last_ = 0;
  std::unordered_map<PushNo, Open> open_;
  Dues due_;  // one constant wait for all, so first in is first out
};

}  // namespace msggw::coap
