// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/sim/devices/options.h"
#include "tests/sim/fleet/ids.h"
#include "tests/sim/traffic/lines.h"
#include "tests/sim/traffic/sender.h"

namespace msggw::devices {

using traffic::Instant;
using Sending = traffic::Sender::Next;

/// What the devices say and hear, whatever carries it: bodies, the ledger, the figures, and what a
/// tester wants next. Not thread-safe.
class Talk {
 public:
  explicit Talk(const Options& options);
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  ~Talk();

  const Options& options() const { return options_; }
  const fleet::Ids& ids() const { return ids_; }

  void registered(std::uint32_t device, std::string_view service_id);
  /// All are; what is to be sent from the start on begins.
  void ready();

  /// None: nobody sends now.
  std::optional<Sending> next(Instant now);
  /// Until next() may have one, if nothing else happens; at most 20 ms.
  Instant sleep(Instant now) const;
  /// The body of `msg` over CoAP and of `send` over MQTT, the same each time. Valid until the next
  /// call.
  const std::string& body_of(const Sending& what);
  void accepted(const Sending& what, Instant now);
  /// For good.
  void refused(const Sending& what, std::string_view why, Instant now);

  /// What a device was given. Points into the body.
  struct Given {
    std::string_view id;
    bool is_report = false;
  };
  /// None: it is neither a message nor a report; that is counted.
  std::optional<Given> got(std::uint32_t device, std::string_view body, Instant now);
  /// Whether the report about that message says that it failed; it is the same each time.
  bool refuses(std::string_view id) const;
  /// Replaces what `body` holds.
  void write_report(std::string_view id, std::string& body) const;
  /// The report was given to the gateway.
  void reported(std::uint32_t device, std::string_view id);

  /// Something that should not happen, for the figures.
  void count(std::string_view what);

  // For the epoll of the loop.

  int interrupt_fd() const { return interrupt_.get(); }
  /// interrupt_fd() is readable.
  void interrupt();
  int commands_fd() const { return commands_.fd(); }
  /// commands_fd() is readable. False: it will have nothing any more.
  bool read_commands();
  /// Once a turn.
  void turn();
  bool done() const { return interrupted_; }

 private:
  void note(const char* event, std::uint32_t device, std::string_view id,
            boost::json::object more = {});
  boost::json::object show_counts() const;

  Options options_;
  fleet::Ids ids_;
  std::vector<std::string> service_ids_;
  traffic::Sender sender_;
  traffic::Arrivals messages_;
  traffic::Arrivals reports_;
  traffic::Ledger ledger_;
  traffic::Commands commands_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::string id_;    ///< scratch
  std::string body_;  ///< scratch
  base::UniqueFd interrupt_;
  bool interrupted_ = false;
};

}  // namespace msggw::devices
