// SPDX-License-Identifier: Apache-2.0
#include "storage/credential_record.h"

#include <algorithm>
#include <limits>

#include "gateway/base/bytes.h"
#include "storage/device_record.h"
#include "storage/row_reader.h"

namespace msggw::storage {

namespace {

using credentials::Credential;
using credentials::Kind;

constexpr std::uint64_t kCredentialVersion = 1;

}  // namespace

void append_credential(std::string& out, const Credential& credential) {
  base::ByteWriter to(out);
  to.varint(kCredentialVersion);
  to.varint(number(credential.device));
  to.varint(number(credential.kind));
  to.bytes(credential.name);
  to.bytes(credential.secret);
  to.varint(credential.not_before_s);
  to.varint(credential.not_after_s);
}

base::Result<Credential> parse_credential(std::string_view row) {
  RowReader in(row);
  Credential credential;
  in.require(in.varint("no version") == kCredentialVersion,
             "unknown version; a newer program wrote it");
  credential.device = in.integer<core::DeviceNo>("wrong device");
  credential.kind = in.enumerator(Kind::certificate, "unknown kind");
  credential.name = in.text("name cut short");
  in.require(!credential.name.empty() && credential.name.size() <= Credential::kMostNameOctets,
             "wrong name");
  credential.secret = in.text("secret cut short");
  in.require(credential.secret.size() <= Credential::kMostSecretOctets &&
                 credential.secret.empty() == (credential.kind == Kind::certificate),
             "wrong secret");
  credential.not_before_s = in.integer<std::uint32_t>("wrong time");
  credential.not_after_s = in.integer<std::uint32_t>("wrong time");
  in.end();
  if (!in.ok()) return tl::unexpected(wrong("credential row", in.what_is_wrong()));
  return credential;
}

void put_credentials(Batch& batch, const credentials::Book& book,
                     const std::vector<credentials::CredentialNo>& changed) {
  for (const credentials::CredentialNo no : changed) {
    const auto* const entry = book.find(no);
    if (entry == nullptr) {
      batch.erase(kCredentials, credentials::number(no));
    } else {
      batch.put_with(kCredentials, credentials::number(no),
                     [&](std::string& out) { append_credential(out, *entry); });
    }
  }
}

base::Result<void> load_credentials(Store& store, credentials::StoreSide& side) {
  base::Result<void> result;
  const auto loaded = store.load(kCredentials, [&](std::uint64_t key, std::string_view octets) {
    if (!result) return;
    auto credential = parse_credential(octets);
    if (!credential) {
      result = tl::unexpected(credential.error());
      return;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
    const auto no = static_cast<std::uint32_t>(std::min(key, kMost));
    result = side.restore(credentials::CredentialNo{no}, std::move(*credential));
  });
  if (!loaded) return loaded;
  return result;
}

}  // namespace msggw::storage
