#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/backoff.h"
#include "gateway/base/metrics.h"
#include "gateway/core/device.h"
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
};

/// A registration as a device may see it. Points into the tables: use it before the next call of
/// the gateway.
struct RegistrationView {
  std::string_view private_id;
  std::string_view service_id;              ///< empty until provisioned
  const ServiceProfile* profile = nullptr;  ///< none until provisioned
  DeviceState state{};
  Binding binding;
  std::string handle;
};

/// One request that the provisioning client should make. Points into the tables.
struct ProvisioningAsk {
  DeviceNo device{};
  UeType ue_type{};
  std::string_view private_id;
  std::string_view info;
};

/// What the Provisioning Function answered for one device.
struct Provisioned {
  std::string service_id;
  ServiceProfile profile;
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
  /// `key` and `seed` are random in production and fixed in tests.
  Gateway(const Limits& limits, base::metrics::Registry& metrics, base::HashKey key,
          std::uint64_t seed);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // --- start: rows come in ascending number, profiles before devices
  // -------------------------------------------------
  base::Result<void> restore_profile(ProfileNo no, ServiceProfile profile);
  /// `info` and `refusal` as stored, empty if none. storage: the row contradicts an earlier one.
  base::Result<void> restore_device(DeviceNo no, Device device, std::string info,
                                    std::optional<Refusal> refusal);
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
  /// The device behind a handle with a live registration over `bearer`.
  std::optional<DeviceNo> find_handle(std::string_view handle, Bearer bearer) const;
  std::optional<DeviceNo> find_private_id(std::string_view private_id) const;
  RegistrationView view(DeviceNo device, Bearer bearer) const;

  // --- with the provisioning client
  // ----------------------------------------------------------------------------------
  /// The next recorded device to ask for, oldest first; each comes once until one of the three
  /// calls below for it.
  std::optional<ProvisioningAsk> next_ask();
  void provisioned(DeviceNo device, Provisioned answer, base::TimePoint now);
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
  /// What is stored beside the row while it is not provisioned; empty otherwise.
  std::string_view info(DeviceNo no) const;
  const Refusal* refusal(DeviceNo no) const;

  // --- every turn
  // ----------------------------------------------------------------------------------------------------
  void tick(base::TimePoint now);
  /// When tick() has something to do next, if nothing else happens.
  std::optional<base::TimePoint> next_deadline() const;
  Outbox& outbox() noexcept { return outbox_; }

  std::size_t devices() const noexcept { return registry_.size(); }
  /// Recorded devices without a Service ID, whether asked for or not.
  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    std::array<base::metrics::Gauge*, 5> by_state;
    base::metrics::Gauge& pending;
    base::metrics::Gauge& waiting;
    base::metrics::Counter& recorded;
    base::metrics::Counter& provisioned;
    base::metrics::Counter& refused;
    base::metrics::Counter& conflicts;
    base::metrics::Counter& told_pending;
    base::metrics::Counter& overloaded;
    base::metrics::Counter& expired;
    base::metrics::Counter& deregistered;
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
  };

  // gateway.cc
  std::optional<Answer> register_known(DeviceNo no, const RegisterRequest& request,
                                       base::TimePoint now);
  std::optional<Answer> refusal_of(DeviceNo no, Ticket ticket) const;
  std::optional<Answer> register_new(std::string private_id, PrivateIdKind kind,
                                     const RegisterRequest& request, base::TimePoint now);
  std::optional<Answer> wait_for_service_id(DeviceNo no, Pending& pending,
                                            const RegisterRequest& request, base::TimePoint now);
  std::optional<Answer> end_registration(DeviceNo no, Bearer bearer, Ticket ticket,
                                         base::TimePoint now);
  std::optional<Answer> answer_after_commit(Bearer bearer, Answer answer, base::TimePoint now);
  bool renew(DeviceNo no, Bearer bearer, std::uint32_t lifetime_s, base::TimePoint now);
  std::uint32_t lifetime_of(std::optional<std::chrono::seconds> wanted) const;
  void remind_of_end(DeviceNo no, Bearer bearer);
  void expire(base::TimePoint now);

  // provisioning.cc
  void reopen_refused(DeviceNo no, std::string info);
  void finish(DeviceNo no);
  void set_state(DeviceNo no, DeviceState state);

  // changes.cc
  void mark_changed(DeviceNo no);
  void step(DeviceNo no);
  void answer_overdue(base::TimePoint now);
  void drop_overdue(std::vector<Parked>& parked, base::TimePoint now);

  Limits limits_;
  Metrics metrics_;
  std::mt19937_64 random_;
  Registry registry_;
  Profiles profiles_;
  PendingTable pending_;
  Lifetimes lifetimes_;
  boost::unordered_flat_map<DeviceNo, Refusal> refusals_;
  Outbox outbox_;

  std::vector<DeviceNo> changed_;
  std::vector<ProfileNo> new_profiles_;
  std::uint64_t last_batch_ = 0;
  std::vector<DeviceNo> in_flight_;
  std::size_t unsaved_devices_ = 0;
  AfterCommit with_next_batch_;
  AfterCommit with_batch_in_flight_;
};

}  // namespace msggw::core
