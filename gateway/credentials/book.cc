// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/book.h"

#include "gateway/base/bytes.h"

namespace msggw::credentials {

namespace {

constexpr std::array<std::string_view, 4> kUseless{"unknown", "not_yet", "ended", "unreadable"};

}  // namespace

std::string_view name_of(Standing standing) noexcept {
  switch (standing) {
    case Standing::good: return "good";
    case Standing::in_grace: return "inGrace";
    case Standing::not_yet: return "notYet";
    case Standing::ended: return "ended";
    case Standing::unreadable: return "unreadable";
  }
  return "?";
}

Metrics::Metrics(base::metrics::Registry& registry)
    : unreadable(base::metrics::gauge(
          registry, "msggw_credentials_unreadable",
          "PSKs whose keys cannot be decrypted with the key file that there is")),
      in_grace(base::metrics::counter(registry, "msggw_credential_uses_in_grace_total",
                                      "Uses of credentials that have ended, within the grace")) {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    held.at(kind) =
        &base::metrics::gauge(registry, "msggw_credentials", "Credentials of devices",
                              {{"kind", std::string(name_of(static_cast<Kind>(kind)))}});
  }
  for (std::size_t reason = 0; reason < kUseless.size(); ++reason) {
    useless.at(reason) =
        &base::metrics::counter(registry, "msggw_credential_uses_refused_total",
                                "Credentials that devices showed and that were of no use",
                                {{"reason", std::string(kUseless.at(reason))}});
  }
}

Book::Book(const Options& with, const core::Tables& of_devices, base::metrics::Registry& registry)
    : options(with), devices(of_devices), metrics(registry), key_file(with.key_file) {}

const Book::Entry* Book::find(CredentialNo no) const {
  const auto found = entries.find(no);
  return found == entries.end() ? nullptr : &*found;
}

base::Result<const Sealer*> Book::sealer(bool make) {
  if (opened) return &*opened;
  auto key = key_file.read();
  if (!key) return tl::unexpected(key.error());
  if (!*key && make) {
    auto made = key_file.make();
    if (!made) return tl::unexpected(made.error());
    *key = *made;
    base::log::info("credentials_key_made", {{"file", key_file.path().native()}});
  }
  if (!*key) return nullptr;
  return &opened.emplace(**key);
}

std::optional<std::string> Book::open(const Credential& psk) {
  const auto with = sealer(false);
  if (!with || *with == nullptr) return std::nullopt;
  return (*with)->open(psk.secret, bond_of(psk));
}

Standing Book::standing_of(const Credential& credential, base::TimePoint now) const noexcept {
  const auto at = [](std::uint32_t seconds) {
    return base::TimePoint{std::chrono::seconds{seconds}};
  };
  if (credential.not_before_s != 0 && now < at(credential.not_before_s)) return Standing::not_yet;
  if (credential.not_after_s == 0 || now < at(credential.not_after_s)) return Standing::good;
  return now < at(credential.not_after_s) + options.grace ? Standing::in_grace : Standing::ended;
}

void Book::insert(Entry entry) {
  count(entry.kind, 1);
  entries.insert(std::move(entry));
}

void Book::erase(CredentialNo no) {
  const auto found = entries.find(no);
  count(found->kind, -1);
  if (found->kind == Kind::psk && metrics.unreadable.Value() > 0 && !open(*found))
    metrics.unreadable.Decrement();
  entries.erase(found);
  mark(no);
}

std::string bond_of(const Credential& psk) {
  std::string bond;
  base::ByteWriter to(bond);
  to.varint(static_cast<std::uint64_t>(psk.kind));
  to.varint(static_cast<std::uint64_t>(psk.device));
  to.bytes(psk.name);
  return bond;
}

}  // namespace msggw::credentials
