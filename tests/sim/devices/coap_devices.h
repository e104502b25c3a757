// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/devices/talk.h"
#include "tests/sim/fleet/coap_wire.h"
#include "tests/sim/fleet/sources.h"

namespace msggw::devices {

/// Devices over CoAP, by UDP, DTLS or TLS: each registers, then sends messages and observes or
/// polls its inbox, one request for each of the two at a time, or is pushed to. One thread, one
/// epoll.
///
/// The token of a request is slot and generation, so that an answer is matched without a look-up;
/// that of an observation is the device. Message IDs are counted for each source address.
class CoapDevices {
 public:
  /// Throws std::runtime_error if the sockets cannot be opened or nobody listens at the address.
  explicit CoapDevices(Talk& talk);

  /// Returns when the talk is done.
  void run();

 private:
  enum class What : std::uint8_t { registration, observation, poll, report, message };
  struct Device {
    std::array<char, 22> handle{};
    bool is_registered = false;
    bool asks_inbox = false;  ///< a request to its inbox is under way
    std::string after;        ///< ETag of what it got, in hexadecimal digits; empty: nothing
  };
  /// One request under way.
  struct Slot {
    What what{};
    std::uint32_t device = 0;
    std::uint32_t generation = 0;
    std::uint16_t mid = 0;
    std::uint8_t sent = 0;  ///< times, with this Message ID; 0: not yet
    bool is_free = true;
    Sending message{};  ///< of What::message
    std::string about;  ///< of What::report: msgId
    std::string echo;   ///< RFC 9175
    Instant due{0};     ///< of the next transmission
    Instant pause{0};   ///< before it, doubled each time
  };
  using Due = std::pair<Instant, std::uint32_t>;

  void register_all();
  void turn(bool may_send);
  void wait(Instant most);
  // Requests.
  Slot& start(What what, std::uint32_t device);
  void ask_inbox(std::uint32_t device);
  void disturb(Instant now);
  void transmit(std::size_t slot);
  std::size_t encode(const Slot& slot, std::uint64_t token);
  void begin_again(std::size_t slot, Instant in);
  void release(std::size_t slot);
  void check_timers(Instant now);
  // What comes (coap_answers.cc).
  void receive(std::size_t socket);
  void on_message(std::uint32_t peer, const fleet::coap::Message& message, Instant now);
  void on_push(std::uint32_t peer, const fleet::coap::Message& message, Instant now);
  void on_notification(std::uint32_t device, const fleet::coap::Message& message, Instant now);
  void on_answer(std::size_t slot, const fleet::coap::Message& message, Instant now);
  void on_registration(std::size_t slot, const fleet::coap::Message& message);
  void on_observation(std::size_t slot, const fleet::coap::Message& message, Instant now);
  void on_poll(std::size_t slot, const fleet::coap::Message& message, Instant now);
  void on_report(std::size_t slot, const fleet::coap::Message& message, Instant now);
  void on_taken(std::size_t slot, const fleet::coap::Message& message, Instant now);
  void registration_ended(std::uint32_t device);
  void answer_empty(fleet::coap::Type type, std::uint32_t peer, std::uint16_t mid);

  std::uint32_t peer_of(std::uint32_t device) const;
  std::uint64_t token_of(std::size_t slot) const;
  std::string_view handle_of(std::uint32_t device) const;

  Talk& talk_;
  const Options& options_;
  Proof proof_;
  std::size_t peers_;
  std::unique_ptr<fleet::Sources> sources_;
  std::uint32_t run_length_;  ///< consecutive devices behind one peer, so that a burst leaves in
                              ///< few system calls
  std::vector<Device> devices_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  std::vector<std::uint16_t> next_mid_;                                 ///< of each peer
  std::priority_queue<Due, std::vector<Due>, std::greater<>> inboxes_;  ///< to be asked
  std::queue<Due> asleep_;
  Instant next_disturbance_{0};
  std::uint32_t disturbances_ = 0;
  std::uint32_t registered_ = 0;
  std::uint32_t registering_ = 0;
  std::uint32_t generation_;
  std::uint64_t sessions_ = 0;  ///< of DTLS and TLS that were counted
  std::string id_;              ///< scratch
  std::string body_;
  std::string base_;
  base::UniqueFd epoll_;
  Instant next_check_{0};
};

}  // namespace msggw::devices
