// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/doors.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/base/secrets.h"
#include "gateway/base/text.h"
#include "gateway/credentials/password.h"

namespace msggw::credentials {

namespace {

using base::Errc;
using base::fail;

base::Result<void> check(const NewCredential& what, std::string_view name) {
  if (auto good = check_name(name); !good) return good;
  if (what.not_after_s != 0 && what.not_after_s <= what.not_before_s)
    return fail(Errc::incorrect, "it would end before it begins");
  switch (what.kind) {
    case Kind::psk:
      if (what.secret.size() < Credential::kLeastKeyOctets ||
          what.secret.size() > Credential::kMostKeyOctets)
        return fail(Errc::incorrect, "a PSK needs a key of 16 to 64 octets");
      return {};
    case Kind::password: return check_password_hash(what.secret);
    case Kind::certificate:
      if (!what.secret.empty())
        return fail(Errc::incorrect, "of a certificate there is no secret, only its name");
      return {};
  }
  return fail(Errc::incorrect, "unknown kind");
}

}  // namespace

base::Result<Added> OperatorSide::add(core::DeviceNo device, const NewCredential& what) {
  const core::Device& row = book_.devices.device(device);
  if (row.state == core::DeviceState::removing || row.state == core::DeviceState::removed)
    return fail(Errc::refused, "the device is being removed");
  if (auto gone = book_.devices.no_store()) return tl::unexpected(std::move(*gone));
  Book::Entry entry;
  entry.device = device;
  entry.kind = what.kind;
  entry.name = what.name.empty() ? row.private_id : std::string(what.name);
  entry.not_before_s = what.not_before_s;
  entry.not_after_s = what.not_after_s;
  if (auto good = check(what, entry.name); !good) return tl::unexpected(good.error());
  const auto same = same_as(entry, what.secret);
  if (!same) return tl::unexpected(same.error());
  if (*same) return Added{**same, false};
  if (of(device).size() >= book_.options.max_per_device)
    return fail(Errc::refused,
                "the device has as many credentials as max_per_device of "
                "[credentials] allows; remove one first");
  if (book_.entries.size() >= book_.options.max_credentials)
    return fail(Errc::overloaded,
                "there are as many credentials as max_credentials of [credentials] allows");
  entry.secret = what.secret;
  if (what.kind == Kind::psk) {
    const auto sealer = book_.sealer(true);
    if (!sealer) return tl::unexpected(sealer.error());
    entry.secret = (*sealer)->seal(what.secret, bond_of(entry));
  }
  entry.no = CredentialNo{book_.next++};
  book_.mark(entry.no);
  const CredentialNo no = entry.no;
  book_.insert(std::move(entry));
  return Added{no, true};
}

/// The credential that `wanted` would be once more; refused: its name is taken by another.
base::Result<std::optional<CredentialNo>> OperatorSide::same_as(const Credential& wanted,
                                                                std::string_view secret) const {
  const auto& by_name = book_.entries.get<Book::ByName>();
  const auto [begin, end] =
      by_name.equal_range(std::pair(wanted.kind, std::string_view(wanted.name)));
  for (auto at = begin; at != end; ++at) {
    const bool has_times =
        at->not_before_s == wanted.not_before_s && at->not_after_s == wanted.not_after_s;
    if (at->device != wanted.device)
      return fail(Errc::refused, "this name is another device's, " +
                                     base::printable(book_.devices.device(at->device).private_id));
    switch (wanted.kind) {
      case Kind::certificate:
        if (has_times) return std::optional(at->no);
        break;
      case Kind::password:
        if (at->secret != secret) continue;
        if (has_times) return std::optional(at->no);
        break;
      case Kind::psk: {
        const auto key = book_.open(*at);
        if (has_times && key && base::is_same_secret(*key, secret)) return std::optional(at->no);
        break;
      }
    }
    return fail(Errc::refused, "credential " + std::to_string(number(at->no)) +
                                   " of the device has this name with another key or other times; "
                                   "give the new one another name, or remove that one first");
  }
  return std::optional<CredentialNo>();
}

bool OperatorSide::remove(core::DeviceNo device, CredentialNo no) {
  const Book::Entry* const entry = book_.find(no);
  if (entry == nullptr || entry->device != device) return false;
  book_.erase(no);
  return true;
}

std::vector<const Book::Entry*> OperatorSide::of(core::DeviceNo device) const {
  std::vector<const Book::Entry*> all;
  const auto [begin, end] = book_.entries.get<Book::ByDevice>().equal_range(device);
  for (auto at = begin; at != end; ++at) all.push_back(&*at);
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return number(a->no) < number(b->no); });
  return all;
}

Standing OperatorSide::standing_of(const Credential& credential, base::TimePoint now) const {
  const Standing standing = book_.standing_of(credential, now);
  const bool is_let_in = standing == Standing::good || standing == Standing::in_grace;
  if (!is_let_in || credential.kind != Kind::psk || book_.open(credential)) return standing;
  return Standing::unreadable;
}

std::optional<std::uint64_t> OperatorSide::durable_with() const {
  if (!book_.changed.empty()) return book_.devices.batches.last + 1;
  return book_.devices.durable_with();
}

std::optional<std::string> Proofs::psk_key(std::string_view identity, base::TimePoint now) {
  const Book::Entry* const found = find_good(Kind::psk, identity, now);
  if (found == nullptr) return std::nullopt;
  auto key = book_.open(*found);
  if (!key) count(Useless::unreadable);
  return key;
}

std::optional<Proven> Proofs::owner(Kind kind, std::string_view name, base::TimePoint now) {
  const Book::Entry* const found = find_good(kind, name, now);
  return found == nullptr ? std::nullopt : std::optional(Proven{found->device, found->no});
}

std::optional<Proven> Proofs::still_owner(Kind kind, std::string_view name,
                                          base::TimePoint now) const {
  const Book::Entry* const found = best_spelt(kind, name, now);
  if (found == nullptr) return std::nullopt;
  const Standing standing = book_.standing_of(*found, now);
  const bool is_good = standing == Standing::good || standing == Standing::in_grace;
  return is_good ? std::optional(Proven{found->device, found->no}) : std::nullopt;
}

bool Proofs::is_taken(Kind kind, std::string_view name) const {
  const auto& by_name = book_.entries.get<Book::ByName>();
  return by_name.find(std::pair(kind, name)) != by_name.end();
}

bool Proofs::holds(const Proven& proven, base::TimePoint now) const {
  if (proven.by == Proven::kByName) return !has_any(proven.device, Kind::certificate);
  const Book::Entry* const entry = book_.find(proven.by);
  if (entry == nullptr || entry->device != proven.device) return false;
  const Standing standing = book_.standing_of(*entry, now);
  return standing == Standing::good || standing == Standing::in_grace;
}

/// Null: none has this name.
const Book::Entry* Proofs::best_of(Kind kind, std::string_view name, base::TimePoint now) const {
  const auto [begin, end] = book_.entries.get<Book::ByName>().equal_range(std::pair(kind, name));
  const Book::Entry* best = nullptr;
  Standing standing = Standing::ended;
  for (auto at = begin; at != end; ++at) {
    const Standing its = book_.standing_of(*at, now);
    if (best != nullptr && its >= standing) continue;
    best = &*at;
    standing = its;
  }
  return best;
}

/// The same, also if the name is another spelling of the device's Private ID.
const Book::Entry* Proofs::best_spelt(Kind kind, std::string_view name, base::TimePoint now) const {
  const Book::Entry* best = best_of(kind, name, now);
  if (best != nullptr) return best;
  const auto private_id = core::PrivateId::parse(name);
  if (private_id) best = best_of(kind, private_id->text(), now);
  const bool is_it = best != nullptr && book_.devices.find_private_id(name) == best->device;
  return is_it ? best : nullptr;
}

/// The best of those that have this name; null, and counted: none is good.
const Book::Entry* Proofs::find_good(Kind kind, std::string_view name, base::TimePoint now) {
  const Book::Entry* const best = best_spelt(kind, name, now);
  if (best == nullptr) {
    count(Useless::unknown);
    return nullptr;
  }
  const Standing standing = book_.standing_of(*best, now);
  if (standing == Standing::good) return best;
  const std::string& private_id = book_.devices.device(best->device).private_id;
  if (standing == Standing::in_grace) book_.metrics.in_grace.Increment();
  if (book_.log_limit.pass(now))
    base::log::warn("credential_not_good", {{"private_id", private_id},
                                            {"credential", number(best->no)},
                                            {"standing", name_of(standing)},
                                            {"suppressed", book_.log_limit.take_suppressed()}});
  if (standing == Standing::in_grace) return best;
  count(standing == Standing::not_yet ? Useless::not_yet : Useless::ended);
  return nullptr;
}

bool Proofs::has_any(core::DeviceNo device) const {
  const auto& by_device = book_.entries.get<Book::ByDevice>();
  return by_device.find(device) != by_device.end();
}

bool Proofs::has_any(core::DeviceNo device, Kind kind) const {
  const auto [begin, end] = book_.entries.get<Book::ByDevice>().equal_range(device);
  return std::any_of(begin, end, [kind](const Book::Entry& entry) { return entry.kind == kind; });
}

base::Result<void> StoreSide::restore(CredentialNo no, Credential credential) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::storage, "credential " + std::to_string(number(no)) + ": " + what);
  };
  if (number(no) < book_.next) return wrong("out of order");
  book_.next = number(no) + 1;
  if (static_cast<std::uint32_t>(credential.device) >= book_.devices.numbers())
    return wrong("of a device that there is not");
  if (book_.devices.device(credential.device).state == core::DeviceState::removed) {
    book_.mark(no);
    return {};
  }
  Book::Entry entry;
  static_cast<Credential&>(entry) = std::move(credential);
  entry.no = no;
  auto& by_name = book_.entries.get<Book::ByName>();
  const auto behind = by_name.upper_bound(entry.shown());
  const auto* const before = behind == by_name.begin() ? nullptr : &*std::prev(behind);
  if (before != nullptr && before->shown() == entry.shown() &&
      (entry.kind != Kind::password || before->device != entry.device))
    return wrong("of a name that another has");
  book_.count(entry.kind, 1);
  by_name.insert(behind, std::move(entry));
  return {};
}

base::Result<void> StoreSide::start() {
  const auto& by_name = book_.entries.get<Book::ByName>();
  const auto first = by_name.lower_bound(std::pair(Kind::psk, std::string_view()));
  const auto end = by_name.lower_bound(std::pair(Kind::password, std::string_view()));
  if (first == end) return {};
  const auto sealer = book_.sealer(false);
  if (!sealer) return tl::unexpected(sealer.error());
  const std::string file = base::printable(book_.key_file.path().native(), 200);
  if (*sealer == nullptr)
    return fail(Errc::storage,
                "the key file of the credentials, " + file +
                    ", is not there, and the PSKs of devices cannot be read without it; put it "
                    "back, or, if it is lost, make another (head -c 32 /dev/urandom >" +
                    file + "; chmod 600 " + file + ") and give these devices new PSKs");
  // As they lie in memory, and not by name: that would take several times as long.
  const auto unreadable =
      std::count_if(book_.entries.begin(), book_.entries.end(), [&](const Book::Entry& entry) {
        return entry.kind == Kind::psk && !(*sealer)->open(entry.secret, bond_of(entry));
      });
  book_.metrics.unreadable.Set(static_cast<double>(unreadable));
  if (unreadable > 0)
    base::log::error("credentials_unreadable", {{"file", file}, {"psks", unreadable}});
  return {};
}

std::vector<CredentialNo> StoreSide::take_changes() {
  auto changes = std::exchange(book_.changed, {});
  std::sort(changes.begin(), changes.end());
  changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
  return changes;
}

void StoreSide::gone(core::DeviceNo device) {
  const auto& by_device = book_.entries.get<Book::ByDevice>();
  for (auto at = by_device.find(device); at != by_device.end(); at = by_device.find(device))
    book_.erase(at->no);
}

}  // namespace msggw::credentials
