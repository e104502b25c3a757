// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/base64url.h"
#include "gateway/base/block_cipher.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// The key of a gateway's handles. Whoever has it can name every registration; it is kept in the
/// store (storage/handle_key.h), so that handles survive a restart.
using HandleKey = base::BlockCipher::Key;

/// Makes the handles that devices name their registrations by, and reads them: 22 characters of
/// base64url, which are one AES block over the device's number, its generation and eight octets of
/// zeros. No table is kept. A handle tells nothing but itself: not the number, not how many devices
/// there are, and no number of handles gives another one; made up ones are found out by the zeros,
/// all but one of 2^64. It never consists of dots, which a path would lose (RFC 3986 5.2.4).
///
/// Neither direction allocates more than the text. Loop thread only.
class HandleCodec {
 public:
  static constexpr std::size_t kSize = base::base64url_size(sizeof(base::BlockCipher::Block));

  struct Named {
    DeviceNo device{};
    std::uint32_t generation = 0;

    bool operator==(const Named&) const = default;
  };

  explicit HandleCodec(const HandleKey& key);

  std::string write(const Named& named) const;
  /// None: it was not made with this key. Whether there is such a device, and of this generation,
  /// is for the caller to see.
  std::optional<Named> read(std::string_view handle) const noexcept;

  /// 32 bits that only the holder of the key can make for this number and device: a number that is
  /// told with its tag is known again when it comes back. No tag says anything of a handle.
  std::uint32_t tag(DeviceNo device, std::uint64_t number) const noexcept;

  /// A keyed hash of the origin of a claim, for generation(): the same over restarts.
  std::uint64_t hash_of_origin(std::string_view origin) const noexcept {
    return base::keyed_hash(origins_, origin);
  }
  /// The generation that a claim gives the device, if it came first in this period: the same for
  /// the same three, over restarts too. Who lacks the key cannot choose an origin that gives the
  /// generation of another.
  std::uint32_t generation(DeviceNo device, std::int64_t period,
                           std::uint64_t hash_of_origin) const noexcept;

 private:
  base::BlockCipher cipher_;
  base::HashKey origins_;
};

}  // namespace msggw::core
