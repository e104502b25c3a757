// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/address.h"
#include "tests/sim/m5s/http2.h"

namespace msggw::m5s {

/// One HTTP/2 connection to a gateway, made again when it has ended, with requests side by side
/// and few system calls for many of them. One thread, that of the io_context.
class Pipe {
 public:
  /// `status` 0: no answer.
  using Answered = std::function<void(std::uint64_t tag, unsigned status)>;

  /// If a request has no answer after `answer_within`, none of them has.
  Pipe(boost::asio::io_context& io, Span answer_within, Answered answered);
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe();

  /// Where the requests go from now on.
  void set_target(const base::Uri& root) { root_ = root; }
  /// A JSON body by POST to what is below the root. Its answer comes later. Requires a target.
  void post(std::uint64_t tag, const char* path, std::string body, bool is_urgent);

 private:
  class Connection;

  void watch();

  boost::asio::io_context& io_;
  Span answer_within_;
  Answered answered_;
  std::optional<base::Uri> root_;
  std::shared_ptr<Connection> connection_;
  boost::asio::steady_timer timer_;
};

}  // namespace msggw::m5s
