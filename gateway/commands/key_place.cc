// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/key_place.h"

#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

#include "gateway/base/text.h"
#include "gateway/commands/require.h"
#include "gateway/credentials/sealer.h"
#include "storage/files.h"

namespace msggw::commands {

namespace fs = std::filesystem;

namespace {

/// `wanted`, with a number behind it if that has been taken, by a restore within the same second.
fs::path free_name(const std::string& wanted) {
  std::error_code none;
  fs::path name = wanted;
  for (unsigned number = 2;
       fs::symlink_status(name, none).type() != fs::file_type::not_found && number <= 1'000;
       ++number)
    name = wanted + "-" + std::to_string(number);
  return name;
}

}  // namespace

KeyPlace::KeyPlace(const Upkeep& upkeep, const storage::Manifest& manifest)
    : file_(upkeep.key_file()), key_id_(manifest.key_id) {
  const auto psks = manifest.counts.find("psks");
  const bool has_psks = psks != manifest.counts.end() && psks->second > 0;
  if (file_.empty() || (!has_psks && !manifest.has_key)) return;
  const auto there = require(credentials::KeyFile(file_).read());
  if (there) before_.emplace(there->begin(), there->end());
  if (!before_) {
    need_ = manifest.has_key ? Need::put : Need::missing;
  } else if (storage::key_id_of(*before_) == key_id_) {
    need_ = Need::same;
  } else {
    need_ = manifest.has_key ? Need::replace : Need::wrong;
  }
}

std::string KeyPlace::text(Need need) const {
  const std::string file = base::printable(file_.native(), 200);
  switch (need) {
    case Need::nothing: return "no key is needed";
    case Need::same: return "the key of the PSKs is in its place";
    case Need::put: return "the key of the PSKs comes from the backup";
    case Need::replace: return file + " holds another key than the backup's PSKs need";
    case Need::missing:
      return "the PSKs in it need their key, " + key_id_ +
             ", which is not in the backup: put it at " + file +
             " (mode 600, of the gateway's user); without it the gateway does not start";
    case Need::wrong:
      return file + " holds another key than the PSKs need, " + key_id_ +
             ", which is not in the backup: they are of no use until that is put there";
  }
  return "?";
}

void KeyPlace::put(const std::optional<std::string>& key, const std::string& aside) {
  if (!key || (need_ != Need::put && need_ != Need::replace)) return;
  if (need_ == Need::replace) {
    const fs::path kept = free_name(file_.native() + "." + aside);
    require(storage::write_file(kept, *before_));
    kept_ = kept;
  }
  is_put_ = true;
  try {
    write(*key);
  } catch (const std::runtime_error&) {
    put_back();
    throw;
  }
}

void KeyPlace::put_back() {
  if (!is_put_) return;
  if (before_)
    write(*before_);
  else
    ::unlink(file_.c_str());
  if (!kept_.empty()) ::unlink(kept_.c_str());
}

/// It takes the place at once.
void KeyPlace::write(const std::string& key) const {
  const fs::path made = file_.native() + ".made";
  ::unlink(made.c_str());
  require(storage::write_file(made, key));
  if (::rename(made.c_str(), file_.c_str()) != 0) {
    const auto why = storage::failed(made, "rename it");
    ::unlink(made.c_str());
    throw std::runtime_error(why.value().detail);
  }
  require(storage::sync_entries(file_.has_parent_path() ? file_.parent_path() : fs::path(".")));
}

const char* name_of(KeyPlace::Need need) noexcept {
  switch (need) {
    case KeyPlace::Need::nothing: return "nothing";
    case KeyPlace::Need::same: return "same";
    case KeyPlace::Need::put: return "put";
    case KeyPlace::Need::replace: return "replaced";
    case KeyPlace::Need::missing: return "missing";
    case KeyPlace::Need::wrong: return "wrong";
  }
  return "?";
}

}  // namespace msggw::commands
