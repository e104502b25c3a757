// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/credentials/book.h"

namespace msggw::credentials {

/// A credential that an operator gives to a device. Arguments live for the call.
struct NewCredential {
  Kind kind = Kind::psk;
  std::string_view name = {};  ///< empty: the device's Private ID
  /// The key of a PSK in octets, the hash of a password (hash_password()), else empty.
  std::string_view secret = {};
  // Credential explains these.
  std::uint32_t not_before_s = 0;
  std::uint32_t not_after_s = 0;
};
struct Added {
  CredentialNo no{};
  bool is_new = false;  ///< false: the device has had the same one
};

/// The door of the operator: which credentials devices have. No secret is ever to be seen here.
class OperatorSide {
 public:
  explicit OperatorSide(Book& book) : book_(book) {}

  /// A device may have several at once, so that it can change them without an outage. A PSK
  /// identity and a name of a certificate are of one credential of all devices alone, since they
  /// say who it is; a user may have several passwords. Returns `incorrect` for a name, a key, a
  /// hash or times that cannot be; `refused` if the name is taken or the device has as many as may
  /// be; `overloaded` if all devices together have; `storage` if the key file cannot be used.
  base::Result<Added> add(core::DeviceNo device, const NewCredential& what);
  /// False: it is none of the device.
  bool remove(core::DeviceNo device, CredentialNo no);
  /// In the order of their numbers.
  std::vector<const Book::Entry*> of(core::DeviceNo device) const;
  const Book::Entry* find(CredentialNo no) const { return book_.find(no); }
  /// Decrypts the key of a PSK that is good by its times.
  Standing standing_of(const Credential& credential, base::TimePoint now) const;
  /// The number of the batch with which all that has been decided up to now is durable
  /// (core::Tables::durable_with()); none: it is.
  std::optional<std::uint64_t> durable_with() const;

 private:
  base::Result<std::optional<CredentialNo>> same_as(const Credential& wanted,
                                                    std::string_view secret) const;

  Book& book_;
};

/// What somebody has proved.
struct Proven {
  /// No credential, but a certificate whose name is the Private ID.
  static constexpr CredentialNo kByName{0};

  core::DeviceNo device{};  ///< that he is
  CredentialNo by{};

  bool operator==(const Proven&) const = default;
};

/// The door of those that let devices in: whose a credential is that was shown.
class Proofs {
 public:
  explicit Proofs(Book& book) : book_(book) {}

  /// The key of a PSK identity, in octets; none: it is nobody's now.
  std::optional<std::string> psk_key(std::string_view identity, base::TimePoint now);
  /// Whose it is that somebody has proved; none: nobody's now. A name that nobody has is that of a
  /// device whose Private ID it is in another spelling, if that has one under this name.
  std::optional<Proven> owner(Kind kind, std::string_view name, base::TimePoint now);
  /// The same of what was proved before, which is no use of it: neither counted nor told.
  std::optional<Proven> still_owner(Kind kind, std::string_view name, base::TimePoint now) const;
  /// Whether there is a credential of this name, good or not.
  bool is_taken(Kind kind, std::string_view name) const;
  /// Whether what somebody proved a while ago still holds: the credential has neither ended nor
  /// been removed; the device whose Private ID was enough has not been given a certificate.
  bool holds(const Proven& proven, base::TimePoint now) const;
  /// Whether the device has credentials, good or not: it can prove who it is, or could.
  bool has_any(core::DeviceNo device) const;
  bool has_any(core::DeviceNo device, Kind kind) const;

 private:
  const Book::Entry* find_good(Kind kind, std::string_view name, base::TimePoint now);
  const Book::Entry* best_of(Kind kind, std::string_view name, base::TimePoint now) const;
  const Book::Entry* best_spelt(Kind kind, std::string_view name, base::TimePoint now) const;
  void count(Useless why) { book_.metrics.useless.at(static_cast<std::size_t>(why))->Increment(); }

  Book& book_;
};

/// The door of the store, its writer and the loop.
class StoreSide {
 public:
  explicit StoreSide(Book& book) : book_(book) {}

  /// At start, after the devices, in ascending number. One of a device that is gone is let go.
  /// storage: it contradicts an earlier row, or names no device.
  base::Result<void> restore(CredentialNo no, Credential credential);
  /// Last. storage: there are PSKs and no key file to open them with. Those that cannot be opened
  /// with the one that there is are told of, and are of no use.
  base::Result<void> start();

  bool has_changes() const noexcept { return !book_.changed.empty(); }
  /// Those to be written, or erased if they are not there any more; each once.
  std::vector<CredentialNo> take_changes();
  const Book& book() const noexcept { return book_; }

  /// The device's row has ended, and its number may become another's: nothing is left of it.
  void gone(core::DeviceNo device);

 private:
  Book& book_;
};

}  // namespace msggw::credentials
