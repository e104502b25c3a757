// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <cstdint>

#include "gateway/base/handle.h"

namespace msggw::devices {

/// From now on `epoll` tells when `fd` is readable, as `what`. A file that is always readable
/// (/dev/null) is never told of.
inline void watch(const base::UniqueFd& epoll, int fd, std::uint64_t what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = what;
  epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
}

inline void forget(const base::UniqueFd& epoll, int fd) {
  epoll_ctl(epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
}

}  // namespace msggw::devices
