// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/log.h"
#include "gateway/base/sources.h"
#include "gateway/core/handle_codec.h"
#include "gateway/core/tables.h"

namespace msggw::core {

/// A request behind which there is nothing but what it says of itself (Evidence::claim).
struct Claim {
  /// The same for a request that the bearer repeats, and for no other within `origin_for`.
  std::string_view origin;
  std::chrono::seconds origin_for{};
};

/// A device shows itself (the contribution 6.X.1.4 step 1). Arguments live for the call.
struct RegisterRequest {
  Bearer bearer{};
  Ticket ticket{};
  base::Source source = base::Source::none;  ///< for the limits of first contacts
  UeType ue_type = UeType::non_3gpp;
  std::string_view private_id;  ///< as the device spelt it
  std::string_view info;  ///< compact JSON object with what the device said of itself, or empty
  /// `info` belongs to a registration of a moment ago, which was made before it was whole: kept
  /// also when the device has its Service ID, if there is none yet, and told at once.
  bool info_is_late = false;
  /// What the device asked for; none: the default. Outside the limits it is moved to the nearer
  /// one. forever: until the device leaves.
  std::optional<std::chrono::seconds> lifetime;
  bool forever = false;
  /// Answered as soon as the Private ID is durable, "pending" where there is no Service ID yet; a
  /// notice follows. For a bearer whose peer only hands over, such as an SMSC: it must not wait for
  /// the Provisioning Function.
  bool when_recorded = false;
  /// Where the bearer posts how the device stands, and goes on to post it: kept with the row, and
  /// durable before the answer. At most Device::kMostPostingOctets. Empty: it posts nothing.
  std::string_view post_as = {};
  /// Kept with the row, and durable before the answer; none: as it was.
  std::optional<Manner> manner = {};
  /// Where the bearer may bring the device what there is unasked, in words of its own, at most
  /// Device::kMostPushTargetOctets; kept likewise until the registration over CoAP ends, unless as
  /// many devices have one as may (Limits::max_push_targets). Empty: nowhere. None: as it was.
  std::optional<std::string_view> push_target = {};
  /// It takes over from who registered before: the device gets another generation, so the handles
  /// told before are dead at once, and the next one is durable before it is told. A repetition
  /// changes nothing. None: it is known to be the device, and handles stay.
  std::optional<Claim> claim = {};
};

/// A registration as a device may see it. Points into the tables: use it before the next call of
/// any door.
struct RegistrationView {
  std::string_view private_id;
  std::string_view service_id;              ///< empty until provisioned
  const ServiceProfile* profile = nullptr;  ///< none until provisioned
  DeviceState state{};
  Binding binding;
  std::string_view push_target;  ///< of CoAP; empty: it is not pushed to
};

/// The door of the adapters: registrations of devices over one bearer. Loop thread only.
///
/// "Said is durable": an answer that names a Service ID, a new registration or the end of one
/// leaves only after the commit that holds it. Each request therefore has an answer now, or
/// none: then one comes through the outbox for the ticket, within Limits::answer_within.
class Registrations {
 public:
  Registrations(Tables& tables, const HandleKey& handle_key, const base::HashKey& key);

  /// The limits of the tables are others now.
  void follow_limits() noexcept {
    first_contacts_[0].limit_to(tables_.limits.first_contacts_per_address);
    first_contacts_[1].limit_to(tables_.limits.first_contacts_per_broker);
    first_contacts_[2].limit_to(tables_.limits.first_contacts_per_smsc);
  }

  // Of a device that was removed since, whoever says these five says nothing.

  /// The device has asked for something, whatever it will be told: one that is refused or
  /// suspended, and goes on asking, is not idle. The calls below with a request of a device say so
  /// by themselves. Costs a write to the store only once in Device::kHeardEvery.
  void heard(DeviceNo no, Bearer bearer, base::TimePoint now);
  /// The same of a device that is connected now, and whose leaving will be told by gone(): the
  /// words of who sees its connection. Also before it registers.
  void connected(DeviceNo no, Bearer bearer, base::TimePoint now);
  /// Its connection has ended, or it said that it leaves. Its registration goes on.
  void gone(DeviceNo no, Bearer bearer) {
    if (!tables_.registry.is_removed(no)) tables_.presences.gone(no, bearer);
  }
  /// It did not take in time what it was brought.
  void unanswered(DeviceNo no, Bearer bearer) {
    if (!tables_.registry.is_removed(no)) tables_.presences.unanswered(no, bearer);
  }
  /// Nobody tells any more which devices leave. Looks at all devices.
  void lost(Bearer bearer) { tables_.presences.lost(bearer); }

  std::optional<Answer> register_device(const RegisterRequest& request, base::TimePoint now);
  struct RefreshRequest {
    std::string_view handle;
    Bearer bearer{};
    Ticket ticket{};
    std::optional<std::chrono::seconds> lifetime = {};  ///< none: the one before
    std::optional<std::string_view> push_target = {};   ///< as in RegisterRequest
  };
  /// Renews the registration over the bearer behind the handle. Fails with unknown_device if there
  /// is none.
  std::optional<Answer> refresh(const RefreshRequest& request, base::TimePoint now);
  /// Who observes what there is for the device, in words of its bearer, at most
  /// Device::kMostObserverOctets. Kept with the row until the registration over CoAP ends or is
  /// taken over. Empty: nobody.
  void observed(DeviceNo no, std::string_view observer);
  /// Ends the registration over `bearer`. The Service ID stays the device's for ever. Both fail
  /// with unknown_device if there is none.
  std::optional<Answer> deregister_handle(std::string_view handle, Bearer bearer, Ticket ticket,
                                          base::TimePoint now);
  std::optional<Answer> deregister(std::string_view private_id, Bearer bearer, Ticket ticket,
                                   base::TimePoint now);
  /// The device behind a handle with a live registration over `bearer`. A handle that names none is
  /// counted: it was never told by this gateway, or its registration has ended.
  std::optional<DeviceNo> find_handle(std::string_view handle, Bearer bearer) const;
  /// Adds a name under which the device may be posted: one that was found posted, by an earlier
  /// version of this program. False: it has as many as it may have.
  bool post(DeviceNo device, std::string_view name) { return tables_.post(device, name); }
  /// Nothing of the device stands under `name` any more, for certain.
  void unpost(DeviceNo device, std::string_view name) { tables_.unpost(device, name); }
  RegistrationView view(DeviceNo device, Bearer bearer) const;
  /// What names the device's registrations in requests (HandleCodec), one for all bearers.
  std::string handle(DeviceNo device) const;
  /// The same in a generation that it had when it was asked for: an answer that waited must not
  /// name the registration of who has taken over since.
  std::string handle(DeviceNo device, std::uint32_t generation) const {
    return handles_.write({device, generation});
  }
  /// Makes a number that the device is told one that it can show again (HandleCodec::tag).
  std::uint32_t tag(DeviceNo device, std::uint64_t number) const noexcept {
    return handles_.tag(device, number);
  }

  const Tables& tables() const noexcept { return tables_; }

 private:
  std::optional<Answer> register_known(DeviceNo no, const RegisterRequest& request,
                                       base::TimePoint now);
  std::optional<Answer> register_new(PrivateId private_id, const RegisterRequest& request,
                                     base::TimePoint now);
  std::optional<base::Error> no_first_contact(const RegisterRequest& request,
                                              std::string_view private_id, base::TimePoint now);
  void note(DeviceNo no, base::TimePoint now);
  void came_again(DeviceNo no, base::TimePoint now);
  bool take_over(DeviceNo no, const RegisterRequest& request, base::TimePoint now);
  bool may_reopen(DeviceNo no, base::TimePoint now) const;
  std::optional<Answer> pending_when_recorded(DeviceNo no, const RegisterRequest& request,
                                              bool began, base::TimePoint now);
  std::optional<Answer> wait_for_service_id(DeviceNo no, Pending& pending,
                                            const RegisterRequest& request, base::TimePoint now);
  std::optional<Answer> end_registration(DeviceNo no, Bearer bearer, Ticket ticket,
                                         base::TimePoint now);
  std::optional<Answer> answer_when_durable(Bearer bearer, Answer answer, base::TimePoint now);
  void take_manner(DeviceNo no, const RegisterRequest& request);
  bool renew(DeviceNo no, Bearer bearer, std::uint32_t lifetime_s, base::TimePoint now);
  std::uint32_t lifetime_of(std::optional<std::chrono::seconds> wanted) const;
  bool is_late_info(DeviceNo no, const RegisterRequest& request) const;
  void renew_profile(DeviceNo no, Bearer bearer, std::string_view info, base::TimePoint now);

  Tables& tables_;
  HandleCodec handles_;
  SourceMarks marks_;
  std::array<base::RateBySource, kBearers> first_contacts_;
  base::log::Limit unknown_log_;
  base::log::Limit limited_log_;
};

}  // namespace msggw::core
