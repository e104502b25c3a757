// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/base/handle.h"

namespace msggw::fleet {

/// A UDP server on a free loopback port and a thread of its own, for tests: each datagram goes to a
/// function that says what to send back.
class UdpResponder {
 public:
  /// Called on the responder's thread only.
  using Handler = std::function<std::vector<std::string>(std::string_view datagram)>;

  explicit UdpResponder(Handler handler);
  ~UdpResponder();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Different source addresses and ports seen so far.
  std::size_t peers() const;

 private:
  void serve();

  Handler handler_;
  base::UniqueFd socket_;
  base::UniqueFd stop_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::set<std::pair<std::uint32_t, std::uint16_t>> peers_;
  std::thread thread_;
};

}  // namespace msggw::fleet
