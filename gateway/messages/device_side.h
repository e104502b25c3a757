// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/speaker.h"
#include "gateway/messages/held_requests.h"
#include "gateway/messages/policy.h"
#include "gateway/messages/queue.h"
#include "gateway/messages/send_request.h"

namespace msggw::messages {

/// A message or a report for a device, to be brought to it. Points into the tables: valid until the
/// next call of any door.
struct Delivery {
  MessageNo no{};
  core::DeviceNo device{};
  const Carried& carried;
  bool wants_report = false;
  base::TimePoint expires{};  ///< by the time of the process, if it comes back
  std::uint32_t own = 0;      ///< as it was chosen of those given to next(); 0: none were
  bool is_text = false;       ///< what was given to tell()
};

/// The door of the device adapters. Loop thread only.
///
/// "Acknowledged is durable": send() answers at once only to refuse, or if it has the message
/// already; else the answer comes through the outbox after the commit, within
/// Limits::answer_within.
class DeviceSide {
 public:
  DeviceSide(Queue& queue, Policy policy);

  /// From the next message on.
  void set_policy(Policy policy) { policy_ = std::move(policy); }

  /// Of a device that has no Service ID yet, and is on its way to one, it waits for that too, in
  /// memory; SendRequest::draft is kept until then, and is durable with Queue::durable_with().
  std::optional<Answer> send(SendRequest request, base::TimePoint now);
  /// Whether send() would have it wait so.
  bool holds(const SendRequest& request) const {
    return HeldRequests::is_for(queue_.devices, request.device) && may_hold(request);
  }
  /// Once a turn: what waited for a Service ID goes on, or is refused when its time is over.
  void tick(base::TimePoint now);
  std::optional<base::TimePoint> next_deadline() const { return held_.next_deadline(); }
  /// Whether the message came before, under the msgId that it has or that would be made for it.
  bool is_known(const SendRequest& request, base::TimePoint now) const {
    return held_.has_same(request) || known_since(request, now).has_value();
  }
  /// When it was taken in, to the second before; none: it is not known.
  std::optional<base::TimePoint> known_since(const SendRequest& request, base::TimePoint now) const;
  /// Whom the device answers who names no recipient: the peer of its newest transaction, of
  /// `application` if there is one, through `own` as SendRequest::own.
  std::optional<Address> peer_of(core::DeviceNo device, std::string_view application,
                                 std::uint32_t own, base::TimePoint now) const;
  /// The number by which an address of the gateway's own, under which devices know it, is
  /// remembered: the same over restarts, and never 0.
  std::uint32_t own_number(std::string_view address) const;

  /// Keeps what is no message yet until it is dropped, or the device is gone. `ticket` is answered
  /// through the outbox after the commit, without a msgId, unless this is refused now.
  tl::expected<DraftNo, Refusal> keep(core::DeviceNo device, core::Bearer bearer,
                                      core::Ticket ticket, std::string octets, base::TimePoint now);
  /// With the next commit: that of a message that is sent before it is taken.
  void drop(DraftNo no) { queue_.drafts.drop(no); }
  struct Restored {
    DraftNo no{};
    core::DeviceNo device{};
    base::TimePoint kept{};  ///< when it came, by the time of the process
    std::string octets;
  };
  /// At start: what a process before this one kept for `bearer`, in the order in which it came. It
  /// stays until it is dropped.
  std::vector<Restored> take_restored(core::Bearer bearer);

  /// A word of the gateway's own to the device, in the bearer's spelling of addresses; its id names
  /// what it is about. It goes by next() as messages do, urgent and in its order among these, over
  /// a bearer that takes texts alone, and ends in silence when that has it or `lifetime` is over.
  /// Durable with Queue::durable_with(). Returns why there is no room for it.
  std::optional<Refusal> tell(core::DeviceNo device, Message text, std::chrono::seconds lifetime,
                              base::TimePoint now);
  /// The bearer can bring texts to the device, whoever that is, until unreachable().
  void takes_texts(core::DeviceNo device, core::Bearer bearer);

  /// Something of the device was heard over `bearer`, and it will take what it is given: what waits
  /// for it comes by next(). By a claim or a handle it gets neither what is withheld nor, while it
  /// is registered over a bearer that vouches for it, anything. Returns whether something waits
  /// that it may get.
  bool reachable(core::DeviceNo device, core::Bearer bearer,
                 core::Evidence evidence = core::Evidence::identity);
  bool waits(core::DeviceNo device, core::Evidence evidence) const;
  /// Before anything else: whoever is registered over `bearer` has proven to be the device.
  void vouch(core::Bearer bearer, bool whether = true) {
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
    queue_.vouching =
        static_cast<std::uint8_t>(whether ? queue_.vouching | bit : queue_.vouching & ~bit);
  }
  /// Likewise: devices may get messages over `bearer`, by its policy.
  void carry(core::Bearer bearer, bool whether = true) {
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(bearer));
    queue_.carrying =
        static_cast<std::uint8_t>(whether ? queue_.carrying | bit : queue_.carrying & ~bit);
  }
  /// Who the device is now, nothing has proven: by mere claim it has registered, or its last
  /// registration over a bearer that vouches for it has ended. What waits, and what of it has
  /// segments still to come, is withheld: it goes to who proves to be the device, or fails when
  /// its time is over. Durable with durable_with(). Nothing happens while a bearer vouches for the
  /// device. Returns how much is withheld.
  std::size_t withhold(core::DeviceNo device);
  void unreachable(core::DeviceNo device, core::Bearer bearer);
  /// Nobody is reachable over it any more.
  void unreachable(core::Bearer bearer);
  /// The next of what goes over `bearer`: of each device and priority one at a time, until one of
  /// the three calls below for it, or Limits::proof_within is over. None: nothing, or it is still
  /// to be read. From then on the device may answer the sender without a name (TS 23.554 8.7.3).
  /// `own` are the gateway's addresses under which the device may get it: the sender keeps the one
  /// that it has, and no other peer has it as long as there are enough.
  std::optional<Delivery> next(core::Bearer bearer, std::span<const std::uint32_t> own = {});
  /// What the bearer, which has the message, must know of it after a restart, in place of what it
  /// said before; octets that nobody else reads. Durable with Queue::durable_with(). The message
  /// then stays with the bearer over restarts, until one of the last three calls, or until
  /// `proof_by`. Nothing happens if it has ended.
  void track(MessageNo no, core::Bearer bearer, std::string octets,
             std::optional<base::TimePoint> proof_by = {});
  /// The bearer's network has taken it over, so the next of its lane may go; what becomes of it is
  /// told by proven() or failed() later. Requires that it is tracked. Nothing happens if it has
  /// ended.
  void passed_on(MessageNo no);
  /// Null: it is not tracked, has ended or came back. Valid until the next call.
  const std::string* tracked(MessageNo no) const;
  /// In ascending number; for the start.
  std::vector<MessageNo> all_tracked(core::Bearer bearer) const {
    return queue_.tracking.of(bearer);
  }
  /// TS 23.554 8.6.1: there is proof that the device has it.
  void proven(MessageNo no, base::TimePoint now);
  /// It cannot be brought to the device, for good. `said`: why, in the device's own words, which go
  /// on in the report in place of ours.
  void failed(MessageNo no, Cause cause, base::TimePoint now, std::string_view said = {});
  /// The device was there and did not take it, for a reason that `said` tells the operator: as
  /// came_back(), until that has happened Limits::most_tries times. Then it has failed, refused.
  void declined(MessageNo no, base::TimePoint now, std::string_view said);
  /// Of what waits for the device, or is under way to it, and is the next of its lane: the message
  /// of this msgId that it may have. None: there is none, or what it carries is in the store alone.
  std::optional<MessageNo> next_under(core::DeviceNo device, std::string_view message_id,
                                      core::Evidence evidence = core::Evidence::identity) const;
  /// The device went away: it waits for the next sign of life.
  void came_back(MessageNo no);
  /// The bearer has no room for it now, and says this at once after next(): it waits as before, and
  /// nothing of it is remembered.
  void no_room(MessageNo no) {
    queue_.put_back(no);
    queue_.trace.take_back();
  }

  const Queue& queue() const noexcept { return queue_; }

 private:
  std::optional<Refusal> refusal_of(const SendRequest& request, bool has_recipient) const;
  std::optional<Address> recipient_of(const SendRequest& request, base::TimePoint now) const;
  std::uint32_t hash_of(std::string_view application) const;
  Message frame_of(const SendRequest& request, base::TimePoint now) const;
  std::string made_id(const SendRequest& request, Message message, base::TimePoint now) const;
  std::string id_for(const SendRequest& request, std::string_view period) const;

  std::optional<Answer> take(SendRequest request, base::TimePoint now);
  bool may_hold(const SendRequest& request) const;
  bool was_said_otherwise(const SendRequest& request, Message message,
                          const std::optional<Address>& recipient) const;

  Queue& queue_;
  Policy policy_;
  HeldRequests held_;
};

}  // namespace msggw::messages
