#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/backoff.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/device.h"
#include "gateway/core/handle_codec.h"
#include "gateway/core/infos.h"
#include "gateway/core/lifetimes.h"
#include "gateway/core/limits.h"
#include "gateway/core/outbox.h"
#include "gateway/core/pending.h"
#include "gateway/core/profiles.h"
#include "gateway/core/registry.h"

namespace msggw::core {

/// A device shows itself (the contribution 6.X.1.4 step 1). Arguments live for the call.
struct RegisterRequest {
  Bearer bearer{};
  Ticket ticket{};
  UeType ue_type = UeType::non_3gpp;
  std::string_view private_id;  ///< as the device spelt it
  std::string_view info;  ///< compact JSON object with what the device said of itself, or empty
  /// What the device asked for; none: the default. Outside the limits it is moved to the nearer
  /// one. forever: until the device leaves.
  std::optional<std::chrono::seconds> lifetime;
  bool forever = false;
  /// Answered as soon as the Private ID is durable, "pending" where there is no Service ID yet; a
  /// notice follows. For a bearer whose peer only hands over, such as an SMSC: it must not wait for
  /// the Provisioning Function.
  bool when_recorded = false;
};

/// A registration as a device may see it. Points into the tables: use it before the next call of
/// the gateway.
struct RegistrationView {
  std::string_view private_id;
  std::string_view service_id;              ///< empty until provisioned
  const ServiceProfile* profile = nullptr;  ///< none until provisioned
  DeviceState state{};
  Binding binding;
};

/// A device that an operator puts into the table before it shows up (the contribution 6.X.1.4,
/// pre-condition 3: "the non-MSGin5G UEs are provisioned in the Message Gateway"). Arguments live
/// for the call.
struct AddRequest {
  UeType ue_type = UeType::non_3gpp;
  std::string_view private_id;  ///< in any spelling
  std::string_view info;        ///< compact JSON object, or empty
  /// Other Private IDs of the device, in any spelling.
  std::span<const std::string> aliases = {};
};
struct Added {
  DeviceNo device{};
  bool is_new = false;  ///< false: it was known before, by this or another spelling or an alias
};

enum class AskKind : std::uint8_t {
  provision,  ///< obtain the Service ID (or what is told with it anew)
  release     ///< give it back: the device has been removed
};

/// One request that the provisioning client should make. Points into the tables.
struct ProvisioningAsk {
  AskKind kind = AskKind::provision;
  DeviceNo device{};
  UeType ue_type{};
  std::string_view private_id;
  std::string_view info;
};

/// What the Provisioning Function answered for one device.
struct Provisioned {
  std::string service_id;
  ServiceProfile profile;
  /// For how long the profile is good; 0: for ever.
  std::chrono::seconds lifetime{0};
};

/// Rows changed since the last time, to be stored as one batch.
struct Changes {
  std::uint64_t number = 0;  ///< given back to committed()
  std::vector<DeviceNo> devices;
  std::vector<ProfileNo> profiles;
};

/// The front door of the core: takes what happened and the time, changes its tables, leaves what
/// must be done in the outbox. No I/O, no clock, no threads, no callbacks; it belongs to the loop
/// thread, and is tested by calling it.
///
/// "Said is durable": an answer that names a Service ID leaves only after committed() of the batch
/// that holds it.
class Gateway {
 public:
  /// `key` and `seed` are random, `handle_key` is that of the store; all are fixed in tests. What
  /// comes of the seed is waits between tries alone: nothing that a peer may not guess.
  Gateway(const Limits& limits, base::metrics::Registry& metrics, base::HashKey key,
          const HandleKey& handle_key, std::uint64_t seed);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // --- start: rows come in ascending number, profiles before devices
  // -------------------------------------------------
  base::Result<void> restore_profile(ProfileNo no, ServiceProfile profile);
  /// `info` and `refusal` as stored, empty if none. storage: the row contradicts an earlier one.
  base::Result<void> restore_device(DeviceNo no, Device device, std::string info,
                                    std::optional<Refusal> refusal,
                                    std::vector<std::string> aliases);
  void reserve(std::size_t devices);

  // --- from adapters
  // -------------------------------------------------------------------------------------------------
  /// An answer now, or none: then one comes through the outbox for the ticket, within
  /// Limits::answer_within.
  std::optional<Answer> register_device(const RegisterRequest& request, base::TimePoint now);
  /// Renews the registration over `bearer` behind `handle`. failed with unknown_device: no such
  /// registration.
  std::optional<Answer> refresh(std::string_view handle, Bearer bearer, Ticket ticket,
                                std::optional<std::chrono::seconds> lifetime, base::TimePoint now);
  /// Ends the registration over `bearer`. The Service ID stays the device's for ever.
  std::optional<Answer> deregister_handle(std::string_view handle, Bearer bearer, Ticket ticket,
                                          base::TimePoint now);
  std::optional<Answer> deregister(std::string_view private_id, Bearer bearer, Ticket ticket,
                                   base::TimePoint now);
  /// The device behind a handle with a live registration over `bearer`. A handle that names none is
  /// counted: it was never told by this gateway, or its registration has ended.
  std::optional<DeviceNo> find_handle(std::string_view handle, Bearer bearer) const;
  /// By any of its Private IDs in any spelling.
  std::optional<DeviceNo> find_private_id(std::string_view private_id) const;
  RegistrationView view(DeviceNo device, Bearer bearer) const;
  /// What names the device's registrations in requests (HandleCodec), one for all bearers.
  std::string handle(DeviceNo device) const;
  /// The answer to any request of a device that is suspended, being removed, or refused with
  /// nothing under way to change that; none: go on.
  std::optional<Answer> refusal_of(DeviceNo device, Ticket ticket) const;

  // --- from the operator (operations.cc). All are decided at once and durable with durable_with();
  // refused: the device's state forbids it, the detail says why
  // --------------------------------------------------------------------------------------------
  /// unavailable: the device is being removed. overloaded: as a first contact. malformed, missing,
  /// too_large: a Private ID or the information. refused: an alias, as by add_alias(). All or
  /// nothing: on an error no alias is joined either.
  base::Result<Added> add_device(const AddRequest& request, base::TimePoint now);
  /// Requests of the device are refused and nothing is asked for it until resume(). Nothing to do
  /// if it is suspended.
  base::Result<void> suspend(DeviceNo device, base::TimePoint now);
  /// The device goes on where it stood.
  base::Result<void> resume(DeviceNo device);
  /// Ends its registrations and lets the Provisioning Function release its Service ID; then the row
  /// goes. Its number is never used again, its Private ID may be added or show up as a new device.
  base::Result<void> remove(DeviceNo device, base::TimePoint now);
  /// Asks the Provisioning Function about the device once more, now.
  base::Result<void> ask_again(DeviceNo device);
  /// Joins another Private ID to the device: whoever shows it, over any bearer, is that device. The
  /// Provisioning Function is asked about the first one only. False: it was joined before. refused:
  /// it is the first one, a device of its own or another's alias; the device is being removed, or
  /// has as many as max_aliases_per_device allows. malformed, missing, too_large: the Private ID.
  base::Result<bool> add_alias(DeviceNo device, std::string_view private_id);
  /// Takes it away, so that it may be added or show up as a new device. Registrations that were
  /// made by it run on. False: it was none of the device. refused: it is the first one, or the
  /// device is being removed, which frees them all.
  base::Result<bool> remove_alias(DeviceNo device, std::string_view private_id);
  /// The number of the batch with which all that has been decided up to now is durable; none: it
  /// is.
  std::optional<std::uint64_t> durable_with() const noexcept;
  /// Whether no new device can be taken in before the next commit (max_unsaved_devices).
  bool is_crowded() const noexcept { return unsaved_devices_ >= limits_.max_unsaved_devices; }
  /// The last batch that is durable.
  std::uint64_t committed_batch() const noexcept { return committed_batch_; }

  // --- with the provisioning client
  // ----------------------------------------------------------------------------------
  /// The next device to ask for: the lanes take turns, oldest first in each. Each device comes once
  /// until one of the calls below for it.
  std::optional<ProvisioningAsk> next_ask();
  void provisioned(DeviceNo device, Provisioned answer, base::TimePoint now);
  /// To an ask of kind release: done, or the Provisioning Function knew nothing of it.
  void released(DeviceNo device);
  void refused(DeviceNo device, std::string cause, std::string detail, base::TimePoint now);
  /// The answer was of no use (or none came); the device is due again after a back-off of at least
  /// `retry_after`.
  void failed(DeviceNo device, base::Duration retry_after, base::TimePoint now);

  // --- with the writer
  // -----------------------------------------------------------------------------------------------
  bool has_changes() const noexcept { return !changed_.empty() || !new_profiles_.empty(); }
  Changes take_changes();
  void committed(std::uint64_t number);
  const Device& device(DeviceNo no) const { return registry_.at(no); }
  const ServiceProfile& profile(ProfileNo no) const { return profiles_.at(no); }
  /// What the device or the operator said of it; may be empty.
  std::string_view info(DeviceNo no) const { return infos_.at(registry_.at(no).info); }
  const Refusal* refusal(DeviceNo no) const;
  /// Its Private IDs beside Device::private_id, canonical, oldest first; until the next change.
  std::span<const std::string> aliases(DeviceNo no) const { return registry_.aliases(no); }

  // --- every turn
  // ----------------------------------------------------------------------------------------------------
  void tick(base::TimePoint now);
  /// When tick() has something to do next, if nothing else happens.
  std::optional<base::TimePoint> next_deadline() const;
  Outbox& outbox() noexcept { return outbox_; }

  std::size_t devices() const noexcept { return registry_.living(); }
  /// Numbers below this have been given; those of removed devices stay given.
  std::uint32_t numbers() const noexcept { return static_cast<std::uint32_t>(registry_.size()); }
  std::size_t devices_in(DeviceState state) const noexcept {
    return by_state_[static_cast<std::size_t>(state)];
  }
  /// Devices on their way; service_id: recorded ones, whether asked for or not.
  std::size_t pending(Purpose purpose = Purpose::service_id) const noexcept {
    return pending_.count(purpose);
  }

 private:
  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    std::array<base::metrics::Gauge*, kDeviceStates> by_state;  ///< none for removed
    base::metrics::Gauge& pending;
    base::metrics::Gauge& waiting;
    base::metrics::Counter& recorded;
    base::metrics::Counter& added;
    base::metrics::Counter& unknown;
    base::metrics::Counter& removed;
    base::metrics::Gauge& aliases;
    base::metrics::Counter& renewed;
    base::metrics::Counter& not_renewed;
    base::metrics::Counter& provisioned;
    base::metrics::Counter& refused;
    base::metrics::Counter& conflicts;
    base::metrics::Counter& told_pending;
    base::metrics::Counter& overloaded;
    base::metrics::Counter& expired;
    base::metrics::Counter& deregistered;
    base::metrics::Counter& foreign_handles;
    base::metrics::Counter& ended_handles;
  };
  /// An answer that waits for the commit of what it says.
  struct Parked {
    Outbox::ToAdapter to;
    base::TimePoint deadline;
  };
  /// What a commit sets free.
  struct AfterCommit {
    std::vector<DeviceNo> steps;  ///< devices on their way to a Service ID
    std::vector<Parked> parked;   ///< oldest first
    std::vector<Outbox::Notice> notices;
    std::vector<Outbox::Parting> partings;
  };

  // gateway.cc
  std::optional<Answer> register_known(DeviceNo no, const RegisterRequest& request,
                                       base::TimePoint now);
  std::optional<Answer> register_new(PrivateId private_id, const RegisterRequest& request,
                                     base::TimePoint now);
  std::optional<base::Error> no_room() const;
  DeviceNo record(PrivateId private_id, UeType type, std::string_view info, Lane lane,
                  base::TimePoint now);
  bool may_reopen(DeviceNo no, base::TimePoint now) const;
  std::optional<Answer> pending_when_recorded(DeviceNo no, const RegisterRequest& request,
                                              bool began, base::TimePoint now);
  bool may_say_pending(const Pending& pending) const noexcept;
  std::optional<Answer> wait_for_service_id(DeviceNo no, Pending& pending,
                                            const RegisterRequest& request, base::TimePoint now);
  std::optional<Answer> end_registration(DeviceNo no, Bearer bearer, Ticket ticket,
                                         base::TimePoint now);
  std::optional<Answer> answer_when_durable(Bearer bearer, Answer answer, base::TimePoint now);
  bool renew(DeviceNo no, Bearer bearer, std::uint32_t lifetime_s, base::TimePoint now);
  std::uint32_t lifetime_of(std::optional<std::chrono::seconds> wanted) const;
  void remind_of_end(DeviceNo no, Bearer bearer);
  void expire(base::TimePoint now);

  // operations.cc
  void answer_waiters(DeviceNo no, Pending& pending, base::TimePoint now);
  void notify_registered(DeviceNo no);
  void hold(DeviceNo no, base::TimePoint now);
  void forget(DeviceNo no);

  // joining.cc
  base::Result<std::vector<std::string>> new_aliases(std::optional<DeviceNo> device,
                                                     std::string_view private_id,
                                                     std::span<const std::string> wanted) const;
  base::Error taken(std::string_view alias, DeviceNo holder) const;
  void join(DeviceNo no, std::vector<std::string> aliases);
  void count_aliases();

  // provisioning.cc
  void reopen_refused(DeviceNo no, std::string_view info, Lane lane);
  void renew_profile(DeviceNo no, Bearer bearer, std::string_view info, base::TimePoint now);
  void begin_renewal(DeviceNo no, Lane lane);
  void end_renewal(DeviceNo no, bool renewed);
  Pending* ask_ended(DeviceNo no);
  Pending* first_ask(DeviceNo no);
  const Pending* first_ask(DeviceNo no) const;
  void keep_profile(DeviceNo no, Provisioned& answer, base::TimePoint now);
  void profile_renewed(DeviceNo no, Pending& pending, Provisioned answer, base::TimePoint now);
  void set_info(DeviceNo no, std::string_view info);
  void rest(DeviceNo no, Pending& pending, base::Duration at_least, base::TimePoint now);
  void finish(DeviceNo no);
  void set_state(DeviceNo no, DeviceState state);
  void count_state(DeviceState state, int difference);

  // changes.cc
  void resume_restored(DeviceNo no);
  void mark_changed(DeviceNo no);
  void step(DeviceNo no);
  void answer_overdue(base::TimePoint now);
  void drop_overdue(std::vector<Parked>& parked, base::TimePoint now);

  Limits limits_;
  Metrics metrics_;
  HandleCodec handles_;
  std::mt19937_64 jitter_;
  Registry registry_;
  Profiles profiles_;
  Infos infos_;
  PendingTable pending_;
  Lifetimes lifetimes_;
  boost::unordered_flat_map<DeviceNo, Refusal> refusals_;
  Outbox outbox_;

  std::array<std::size_t, kDeviceStates> by_state_{};
  base::log::Limit unknown_log_;
  base::log::Limit conflict_log_;
  base::log::Limit renewal_log_;
  base::log::Limit release_log_;

  std::vector<DeviceNo> changed_;
  std::vector<ProfileNo> new_profiles_;
  std::uint64_t last_batch_ = 0;
  std::uint64_t committed_batch_ = 0;
  std::vector<DeviceNo> in_flight_;
  std::size_t unsaved_devices_ = 0;
  AfterCommit with_next_batch_;
  AfterCommit with_batch_in_flight_;
};

}  // namespace msggw::core
