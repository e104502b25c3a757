// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/core/tables.h"

namespace msggw::admin {

/// How the gateway is, beside what the core counts; made by whoever wires it, each time it is asked
/// for.
struct Status {
  struct Listener {
    std::string url;
    std::string purpose;
  };
  /// An address of the Provisioning Function, in the order in which they are tried.
  struct Address {
    std::string url;
    std::string origin;       ///< "configured", or what it was derived from
    bool up = true;           ///< whether it answered last time, true before the first request
    std::string reason = {};  ///< why it did not
    std::optional<base::TimePoint> answered = {};  ///< when it last did; none: not yet
  };

  /// A connection to an SMSC, bound or on its way to it; one bound as transmitter+receiver has two.
  struct SmscState {
    std::string name;
    std::string address;      ///< HOST:PORT, the one in use or tried last
    std::string bind;         ///< "transceiver", "transmitter" or "receiver"
    std::string state;        ///< "bound", "connecting", "waiting" or "stopped"
    base::TimePoint since{};  ///< it has been in this state
    std::string reason;       ///< why it is not bound; empty if that is not known, or it is bound
  };

  /// What devices have written by SMS that is no message yet.
  struct Kept {
    std::size_t texts = 0;          ///< whole, and wait for a Service ID or for room
    std::size_t long_messages = 0;  ///< of which parts are still to come
  };

  /// A MSGin5G Server.
  struct ServerState {
    std::string name;
    std::string service_id;
    std::size_t under_way = 0;       ///< requests without their answer
    std::vector<Address> addresses;  ///< their `origin` is empty
  };

  /// A part that is not as it should be.
  struct Trouble {
    std::string part;  ///< as /readyz calls it, or "brokerPlugin", "certificate", "credentials"
    std::string name;  ///< which of several: a URL, the name of an SMSC, a file; empty: the one
    std::string why;   ///< as far as it is known now
    bool down = true;  ///< false: it does its work with less than it should have, or not for long
    base::TimePoint since{};  ///< it is there, whatever was said to be the reason
  };

  std::string version;
  std::string commit;  ///< of which the program was built; empty: not known
  std::chrono::seconds uptime{0};
  std::string folder;
  bool store_healthy = true;
  std::string store_reason;              ///< why it is not
  std::optional<bool> broker_connected;  ///< none: MQTT is off
  std::string broker_reason;             ///< why it is not connected
  std::string broker_lacks;              ///< what the one that is connected cannot do
  std::vector<SmscState> smscs;          ///< in the order of preference; empty: SMS is off
  Kept kept;
  /// Of one device. Empty: SMS is off.
  std::function<Kept(core::DeviceNo)> kept_of;
  std::vector<Address> provisioning_functions;
  std::vector<ServerState> servers;  ///< empty: messages are off
  std::vector<Listener> listeners;
  std::vector<Trouble> troubles;
};

/// What a Provisioning Function counts.
struct FunctionNumbers {
  std::size_t assignments = 0;
  std::size_t max_assignments = 0;
  std::size_t unanswered = 0;  ///< requests that wait for a commit
  std::size_t max_unanswered = 0;
  std::size_t rules = 0;                ///< of its policy, beside what it does by default
  std::optional<std::size_t> gateways;  ///< none: they are not told apart
};

/// {"texts","longMessages"}
std::string json_of(const Status::Kept& kept);
/// A sentence about a device that has written them; empty: nothing is kept.
std::string words_of(const Status::Kept& kept, bool has_service_id);

/// The answer to GET /api/v1/status, with what the core counts.
std::string status_json(const Status& now, const core::Tables& tables);
/// The same of a Provisioning Function, which has store, listeners and troubles alone.
std::string status_json(const Status& now, const FunctionNumbers& numbers);

}  // namespace msggw::admin
