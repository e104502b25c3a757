// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "adapters/coap/doors.h"
#include "adapters/coap/downlink_metrics.h"
#include "adapters/coap/inbox.h"
#include "adapters/coap/listeners.h"
#include "adapters/coap/options.h"
#include "adapters/coap/unproven.h"
#include "adapters/payload/messages.h"
#include "adapters/wire/coap/alarm.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/sources.h"

namespace msggw::coap_adapter {

/// Messages and reports for devices. A device is reachable while it observes its inbox, a GET of it
/// waits, or what waits can be pushed to its base. It has one delivery under way at a time: a
/// confirmable notification to its one observation, the newest, the answer to a GET, or a POST to
/// its base. Proof (TS 23.554 8.6.1) is the acknowledgement of a notification that went whole,
/// `after=` of a later GET, a report, or the 2.xx to a push. What has no proof after a while waits
/// for the device's next sign of life, as it does when an observation ends (RST, time-out,
/// Observe: 1) or a push is not taken. Nothing is kept of a device for which nothing of this is so.
///
/// Before the peer has shown that it is there, nothing goes out that is more than three times what
/// it asked: it is pinged first.
///
/// Whoever calls get() and report() has made sure that it is this device, and says by what it has
/// proved that; none: it has the handle. What goes out later goes only while that proof holds; a
/// device that comes with another is given nothing more where it was before. Loop thread only.
class Downlink {
 public:
  /// `doors.messages` is not null.
  Downlink(const base::Context& context, const Doors& doors, Listeners& server,
           const Options& options);

  /// GET rd/<handle>/inbox[?after=N]: what is next for the device, the same until it is proven.
  /// With Observe: 0 the answer is empty, and what is next follows as a notification.
  coap::Reply get(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                  const std::optional<credentials::Proven>& proof = {});
  /// POST rd/<handle>/report: what became of a message that the device was given.
  coap::Reply report(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device,
                     const std::optional<credentials::Proven>& proof = {});

  /// Other options from now on, for who observes, too.
  void reconfigure(const Options& options);
  /// At start: who observed before goes on.
  void begin();

  /// A sign of life of the device, from that address.
  void heard(core::DeviceNo device, const coap::Peer& from) { call(device, from.local); }
  /// messages::Adapter::waited_for().
  void waited_for(core::DeviceNo device) { call(device, {}); }

  void ended(core::DeviceNo device, const coap::Ending& ending);
  void pinged(core::DeviceNo device, const coap::Peer& peer, bool answered);
  void pushed(core::DeviceNo device, const coap::PushEnd& end);
  /// The device is no longer registered, or gone: its observation ends, its messages wait.
  void leave(core::DeviceNo device);
  /// Its registration has run out: likewise, as soon as what it was given has ended.
  void expired(core::DeviceNo device);
  /// The device has a Private ID less: who proved to be it by that is it no more.
  void parted(core::DeviceNo device);
  /// Gives devices what there is for them, and ends what has waited too long.
  void end_turn(base::TimePoint now);

 private:
  struct Due {
    base::TimePoint at;
    core::DeviceNo device;
  };

  // Requests.
  bool observe(const coap::Observer& to, coap::Response& out, core::DeviceNo device, View view);
  coap::Reply poll(coap::Incoming& incoming, coap::Response& out, core::DeviceNo device, View view);
  void come_by(core::DeviceNo device, const std::optional<credentials::Proven>& proof);
  std::optional<messages::MessageNo> find(core::DeviceNo device, std::string_view message_id,
                                          core::Evidence evidence) const;

  // Deliveries (deliveries.cc).
  void pump(base::TimePoint now);
  bool hold(Inbox& inbox, messages::MessageNo no);
  void tell_crowded(core::DeviceNo device, base::TimePoint now);
  /// Sends what is next, if that can go now. `inbox` may be gone afterwards.
  void go_on(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void answer_poll(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void notify(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  struct Next {
    messages::MessageNo no;
    bool is_message;
    std::string body;
  };
  /// None: nothing is held any more that could be sent.
  std::optional<Next> next_of(Inbox& inbox, View view, base::TimePoint now);
  std::optional<coap::Response> describe_next(core::DeviceNo device, Inbox& inbox, View view,
                                              base::TimePoint now);
  void end_poll(core::DeviceNo device, Inbox& inbox, coap::Response response, coap::Delivery how);
  bool is_served(core::DeviceNo device) const;
  bool may_observe(core::DeviceNo device) const;
  /// Who has no more than the device's handle may have its messages, by what a listener demands.
  bool may_have(core::DeviceNo device, const core::ListenerPolicy& policy) const;
  bool still_may(core::DeviceNo device, const Inbox& inbox, base::TimePoint now) const;
  core::Evidence evidence_of(const std::optional<credentials::Proven>& proof) const {
    return proof ? core::Evidence::identity : evidence_;
  }
  bool waits(core::DeviceNo device, const Inbox& inbox) const {
    return messages_.waits(device, evidence_of(inbox.proof));
  }
  void is_reachable(core::DeviceNo device, const Inbox& inbox) {
    messages_.reachable(device, core::Bearer::coap, evidence_of(inbox.proof));
  }
  static coap::Response nothing_waits();
  void wait_for_proof(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void wait_for_peer(core::DeviceNo device, Poll& poll, base::TimePoint now);
  void end_polls(std::deque<Due>& polls, base::TimePoint now);
  void end_proofs(base::TimePoint now);

  // Pushes (pushing.cc).
  void call(core::DeviceNo device, const std::array<std::uint8_t, 16>& local);
  /// Whether the peer has shown to be there; if not, it is asked, and `inbox` goes on then.
  bool is_there(core::DeviceNo device, Inbox& inbox, const coap::Peer& peer);
  void push(core::DeviceNo device, Inbox& inbox, base::TimePoint now);
  void end_push(core::DeviceNo device, Inbox& inbox);

  // Ends.
  void unanswered(core::DeviceNo device, const Inbox& inbox);
  void proven(core::DeviceNo device, messages::MessageNo no, Proof by);
  /// `diagnostic`: what the device says of it; empty: nothing.
  void refused(core::DeviceNo device, messages::MessageNo no, coap::Code code,
               std::string_view diagnostic = {});
  void declined(messages::MessageNo no, coap::Code code, std::string_view diagnostic = {});
  void take_out(core::DeviceNo device, messages::MessageNo no);
  void drop_first(Inbox& inbox);
  void release(const Held& held) { unproven_.give_back(held.source, held.octets); }
  void forget_delivery(Inbox& inbox);
  void end_observation(core::DeviceNo device, Inbox& inbox);
  void drop_observation(core::DeviceNo device, Inbox& inbox);
  void come_back(Inbox& inbox);
  void look_for_other_ways(core::DeviceNo device, const Inbox& inbox);
  /// Nothing is kept of a device for which there is nothing.
  void tidy(core::DeviceNo device);

  base::Context context_;
  core::Registrations& registrations_;
  messages::DeviceSide& messages_;
  const credentials::Proofs* credentials_;  ///< null: no device has credentials
  Listeners& server_;
  std::size_t most_report_octets_;
  core::Evidence evidence_;  ///< that who has the handle is the device
  bool open_messages_;       ///< whether that is enough to be brought anything
  core::ListenerPolicy clear_;
  core::ListenerPolicy secure_;
  DownlinkMetrics metrics_;
  base::log::Limit crowded_log_{1};
  // By reference over calls that may add to it: a map of nodes.
  std::unordered_map<core::DeviceNo, Inbox> inboxes_;
  base::RoomBySource observations_;
  Unproven unproven_;                  ///< what is held in all inboxes
  std::vector<core::DeviceNo> ready_;  // something may go that could not before
  std::deque<Due> polls_;              // one constant wait for all, so first in is first out
  std::deque<Due> peers_;              // likewise: polls whose peer is to show that it is there
  std::deque<Due> proofs_;
  coap::Alarm alarm_;
};

}  // namespace msggw::coap_adapter
