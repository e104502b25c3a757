// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "adapters/msgin5g/encodings.h"
#include "adapters/msgin5g/parcel.h"
#include "adapters/msgin5g/registrar.h"
#include "adapters/msgin5g/servers.h"
#include "gateway/base/context.h"
#include "gateway/messages/server_side.h"

namespace msggw::msgin5g {

/// Brings messages and reports of devices to their MSGin5G Servers (TS 29.538 5.3.2.4, 5.3.2.5):
/// what the queue gives out ends in one of its three calls, except at the end of the process. Loop
/// thread only.
///
/// The segments of a message go one after the other to one server, and after trouble from the one
/// that had it; to another server, or after a restart, they all go again. A message that has
/// trouble while its address serves others rests for a back-off; without that, one in a queue of an
/// overloaded server would be tried to its end within a second.
///
/// A server that does not know the device of a message has lost it, as often as that happens to
/// servers: the message rests until the device is registered again. It ends if that is refused, and
/// if a server denies twice in a row, without other trouble, what it has just been told.
class Sender {
 public:
  /// All must outlive it.
  Sender(const base::Context& context, const Options& options, messages::ServerSide& side,
         Servers& servers);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// The options have changed in place, and the servers with them: what has been sent in part is
  /// sent from its beginning.
  void reconfigure();
  /// Who is told of lost devices; null: nobody, and their messages end.
  void set_registrar(Registrar* registrar) noexcept { registrar_ = registrar; }
  /// As of ServerAdapter.
  void registered(core::DeviceNo device);
  void not_registered(core::DeviceNo device);

  /// Sends what may be sent now; once at the end of a turn.
  void end_turn(base::TimePoint now);
  /// Takes nothing more from the queue.
  void stop() noexcept { stopped_ = true; }
  /// Whether no request is under way.
  bool idle() const noexcept { return under_way_.empty(); }
  /// When end_turn() has something to do, if nothing else happens and some server serves.
  std::optional<base::TimePoint> next_turn() const;

 private:
  using MessageNo = messages::MessageNo;
  struct Delivery {
    core::DeviceNo device;
    messages::Priority priority;
    Way way;
    Parcel parcel;
    std::size_t next = 0;  ///< body
  };
  /// Of a message that has been tried before. It may be forgotten: then all begins anew.
  struct Past {
    const Route* route = nullptr;
    const FarServer* server = nullptr;
    std::size_t next = 0;  ///< body, by that route at that server
    unsigned troubles = 0;
    unsigned denials = 0;        ///< by that server in a row: it does not know the device that ...
    bool is_registered = false;  ///< ... has been registered since the message had its last answer
  };
  struct Rest {
    MessageNo no;
    const FarServer* server;             ///< that gave reason to it
    std::optional<core::DeviceNo> lost;  ///< it ends when this one is registered again, or before
  };
  using Resting = std::multimap<base::TimePoint, Rest>;
  static constexpr std::size_t kMostPasts = 10'000;
  static constexpr std::size_t kMostResting = 10'000;  ///< after an answer of one server
  static constexpr unsigned kMostDenials = 2;

  void begin(const messages::Upward& next, const Way& way, base::TimePoint now);
  Writing writing_for(const messages::Upward& next, const Cutting& cutting) const;
  void ask(MessageNo no, Delivery& delivery, base::TimePoint now);
  void answered(MessageNo no, const Meaning& meaning);
  void went_well(MessageNo no, base::TimePoint now);
  void ended(MessageNo no, const Ended& why, base::TimePoint now);
  void lost(MessageNo no, base::TimePoint now);
  void had_trouble(MessageNo no, std::string_view said, base::TimePoint now);
  void reject(MessageNo no, messages::Cause cause, base::TimePoint now, std::string_view said = {});
  const std::string& service_id_of(core::DeviceNo device) const;
  Delivery take(MessageNo no);
  Past& past_of(MessageNo no);
  bool has_rest(const FarServer* server) const;
  void rest(const Rest& rest, base::TimePoint until, std::string_view said);
  Rest end_rest(Resting::iterator place);
  std::vector<MessageNo> end_rests_of(core::DeviceNo device);
  void wake(base::TimePoint now);

  base::Context context_;
  const Options& options_;
  messages::ServerSide& side_;
  Encodings encodings_;
  Servers& servers_;
  Registrar* registrar_ = nullptr;
  std::unordered_map<MessageNo, Delivery> under_way_;
  boost::unordered_flat_map<MessageNo, Past> pasts_;
  Resting resting_;  ///< by when they go on
  std::unordered_map<const FarServer*, std::size_t> resting_after_;
  std::multimap<core::DeviceNo, Resting::iterator> lost_;
  base::metrics::Counter& segmented_;
  base::metrics::Gauge& resting_gauge_;
  base::log::Limit log_limit_;
  bool stopped_ = false;
};

}  // namespace msggw::msgin5g
