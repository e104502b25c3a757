// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/base/address.h"
#include "tests/sim/m5s/exchange.h"

namespace msggw::m5s {

/// Null: no answer came in time, or none that is HTTP.
using Answered = std::function<void(const Response* response)>;

/// A JSON body by POST.
struct Post {
  base::Uri at;
  std::string body;
  std::string_view priority = {};  ///< 3gpp-sbi-message-priority, in static storage; empty: none
};

/// Where one origin is reached. One thread, that of the io_context.
class Origin {
 public:
  virtual ~Origin() = default;
  Origin() = default;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  /// Calls `answered` once, later.
  virtual void post(Post what, Answered answered) = 0;
};
/// One connection for all requests, side by side; a new one when it has ended.
std::unique_ptr<Origin> http2_origin(boost::asio::io_context& io, Span answer_within);
/// Up to 64 connections, one request at a time on each; the others wait.
std::unique_ptr<Origin> http1_origin(boost::asio::io_context& io, Span answer_within);

/// Asks gateways and Application Servers, over http:// only.
class Client {
 public:
  static constexpr std::size_t kMostOrigins = 10'000;

  /// `version` is 20 or 11. A request without its answer after `answer_within` has none.
  Client(boost::asio::io_context& io, unsigned version, Span answer_within)
      : io_(io), version_(version), answer_within_(answer_within) {}

  unsigned version() const { return version_; }
  void post(Post what, Answered answered);

 private:
  boost::asio::io_context& io_;
  unsigned version_;
  Span answer_within_;
  std::map<base::Address, std::unique_ptr<Origin>> origins_;
};

}  // namespace msggw::m5s
