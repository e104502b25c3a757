// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "adapters/coap/doors.h"
#include "adapters/coap/downlink_metrics.h"
#include "adapters/coap/inbox.h"
#include "adapters/coap/options.h"
#include "adapters/payload/messages.h"
#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/context.h"

namespace msggw::coap_adapter {

/// Messages and reports for devices. A device is reachable while it observes its inbox or a GET of
/// it waits. It has one delivery under way at a time: a confirmable notification to its one
/// observation, the newest, or the answer to a GET. Proof (TS 23.554 8.6.1) is the acknowledgement
/// of a notification that went whole, `after=` of a later GET, or a report; what has no proof after
/// a while waits for the device's next sign of life, as it does when an observation ends (RST,
/// time-out, Observe: 1). Nothing is kept of a device for which nothing of this is so.
///
/// Whoever calls get() and report() has made sure that it is this device. Loop thread only.
class Downlink {
 public:
  /// `doors.messages` is not null.
  Downlink(const base::Context& context, const Doors& doors, coap::Server& server,
           const Options& options);

  /// GET rd/<handle>/inbox[?after=N]: what is next for the device, the same until it is proven.
  /// With Observe: 0 the answer is empty, and what is next follows as a notification.
  coap::Reply get(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device);
  /// POST rd/<handle>/report: what became of a message that the device was given.
  coap::Reply report(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device);

  void ended(core::DeviceNo device, coap::Ending how);
  /// The device is no longer registered, or gone: its observation ends, its messages wait.
  void leave(core::DeviceNo device);
  /// Gives devices what there is for them, and ends what has waited too long.
  void end_turn(base::TimePoint now);

 private:
  struct Due {
    base::TimePoint at;
    core::DeviceNo device;
  };

  // Requests.
  coap::Reply observe(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                      View view);
  coap::Reply poll(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device, View view);
  std::optional<messages::MessageNo> find(core::DeviceNo device, std::string_view message_id) const;

  // Deliveries (deliveries.cc).
  void pump(base::TimePoint now);
  /// Sends what is next, if that can go now. `inbox` may be gone afterwards.
  void go_on(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void answer_poll(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void notify(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  /// None: nothing is held any more that could be sent.
  std::optional<coap::Response> describe_next(core::DeviceNo device, Inbox& inbox, View view,
                                              base::TimePoint now);
  void end_poll(core::DeviceNo device, Inbox& inbox, coap::Response response);
  bool is_served(core::DeviceNo device) const;
  bool waits(core::DeviceNo device) const { return messages_.waits(device, evidence_); }
  static coap::Response nothing_waits();
  void wait_for_proof(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void end_polls(base::TimePoint now);
  void end_proofs(base::TimePoint now);

  // Ends.
  void proven(core::DeviceNo device, messages::MessageNo no, Proof by);
  void take_out(core::DeviceNo device, messages::MessageNo no);
  void drop_first(Inbox& inbox);
  void forget_notification(Inbox& inbox);
  void end_observation(core::DeviceNo device, Inbox& inbox);
  void come_back(Inbox& inbox);
  /// Nothing is kept of a device for which there is nothing.
  void tidy(core::DeviceNo device);

  base::Context context_;
  const core::Registrations& registrations_;
  messages::DeviceSide& messages_;
  coap::Server& server_;
  std::size_t max_observations_;
  std::size_t max_notifications_;
  std::size_t most_report_octets_;
  core::Evidence evidence_;  ///< that who has the handle is the device
  DownlinkMetrics metrics_;
  // By reference over calls that may add to it: a map of nodes.
  std::unordered_map<core::DeviceNo, Inbox> inboxes_;
  std::size_t observations_ = 0;
  std::size_t notifications_ = 0;      ///< under way
  std::vector<core::DeviceNo> ready_;  // something may go that could not before
  std::deque<Due> polls_;              // one constant wait for all, so first in is first out
  std::deque<Due> proofs_;
  coap::Alarm alarm_;
};

}  // namespace msggw::coap_adapter
