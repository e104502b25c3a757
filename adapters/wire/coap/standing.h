// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/tls/calendar.h"
#include "gateway/base/clock.h"

struct ssl_st;

namespace msggw::coap {

/// Why a session of DTLS or TLS ends while its peer would go on.
enum class Lapse : std::uint8_t {
  credential,  ///< what the peer proved is nobody's any more, or another's
  certificate  ///< what the peer showed, or a CA above it, has ended
};
inline constexpr std::size_t kLapses = 2;
std::string_view name_of(Lapse why) noexcept;

/// On what a session stands: whom its peer is by its identity, and until when its certificates are
/// good.
class Standing {
 public:
  Standing() = default;
  /// Of an ended handshake; `connection` may be null.
  Standing(const ServerSecurity& security, const Identity& identity, const ssl_st* connection);

  /// None: it may go on. A certificate that was nobody's may become somebody's, and then has to
  /// stay his; a PSK always has to be somebody's.
  std::optional<Lapse> look(const ServerSecurity& security, const Identity& identity,
                            base::TimePoint now);

 private:
  tls::Day until_ = tls::Day::max();
  std::optional<std::uint64_t> whom_;
};

/// In which turn sessions are looked at, a part of them at a time, so that each is within kWithin
/// and no turn takes long however many there are. One thread.
template <class Key>
class Rounds {
 public:
  static constexpr base::Duration kWithin{4'000};

  Rounds() = default;
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;

  /// Where a session stands; that of a new one is nowhere.
  using Place = std::optional<typename std::list<Key>::iterator>;

  Place add(const Key& session, base::TimePoint now) {
    if (all_.empty()) next_at_ = now + kPause;
    return all_.insert(all_.end(), session);
  }
  void remove(Place& place) {
    if (!place) return;
    if (next_ == *place) ++next_;
    all_.erase(*place);
    place.reset();
  }
  /// Those whose turn it is now.
  std::vector<Key> take(base::TimePoint now) {
    std::vector<Key> some;
    if (all_.empty() || now < next_at_) return some;
    if (next_ == all_.end()) next_ = all_.begin();
    const std::size_t most = std::max(kLeast, all_.size() / kParts + 1);
    for (; some.size() < most && next_ != all_.end(); ++next_) some.push_back(*next_);
    next_at_ = now + (next_ == all_.end() ? kPause : kStep);
    return some;
  }
  /// When that is; none: there is no session.
  std::optional<base::TimePoint> next() const {
    return all_.empty() ? std::nullopt : std::optional(next_at_);
  }

 private:
  static constexpr base::Duration kPause{2'000};  ///< between rounds
  static constexpr base::Duration kStep{50};
  static constexpr std::size_t kParts = 20;   ///< of a round, so that it takes a second
  static constexpr std::size_t kLeast = 128;  ///< in a step: less than a millisecond

  std::list<Key> all_;
  typename std::list<Key>::iterator next_ = all_.end();
  base::TimePoint next_at_{};
};

}  // namespace msggw::coap
