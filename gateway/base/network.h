// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::base {

/// The same as IPv6: IPv4 as IPv4-mapped (RFC 4291 2.5.5.2).
boost::asio::ip::address_v6 as_v6(const boost::asio::ip::address& address);

/// Addresses that begin with the same bits. A value that is always valid.
class Network {
 public:
  /// "10.0.0.0/8", "2001:db8::/32"; without the number one address alone.
  static Result<Network> parse(std::string_view text);

  bool holds(const boost::asio::ip::address& address) const;
  bool operator==(const Network&) const = default;
  friend std::string to_string(const Network& network);

 private:
  boost::asio::ip::address_v6 first_;
  unsigned bits_ = 128;
};

}  // namespace msggw::base
